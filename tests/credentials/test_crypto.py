from __future__ import annotations

import base64
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credentials.crypto import DecryptError, KeyRing, KeyRingError, Place, key_id_of

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.urlsafe_b64encode(b"\xff" * 32).decode().rstrip("=")
RING = KeyRing.from_text(OLD)
PLACE = Place("user", 7, 12, "anthropic")
SECRET = "sk-ant-canary-5d1f0c"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens_again(text: str) -> None:
    assert RING.decrypt(RING.encrypt(text, PLACE), PLACE) == text


def test_the_same_value_is_never_sealed_the_same_way() -> None:
    assert len({RING.encrypt(SECRET, PLACE) for _ in range(50)}) == 50


def test_the_stored_form_names_its_key_and_hides_the_value() -> None:
    stored = RING.encrypt(SECRET, PLACE)
    assert stored.startswith("v1.old.")
    assert key_id_of(stored) == "old"
    assert SECRET not in stored
    assert base64.b64encode(SECRET.encode()).decode().rstrip("=") not in stored


STORED = RING.encrypt(SECRET, PLACE)


@given(st.integers(0, len(STORED) - 1), st.characters(max_codepoint=300))
def test_a_changed_character_is_refused(position: int, character: str) -> None:
    changed = STORED[:position] + character + STORED[position + 1 :]
    if changed == STORED:
        return
    with pytest.raises(DecryptError) as refusal:
        RING.decrypt(changed, PLACE)
    assert SECRET not in str(refusal.value)
    assert STORED[10:] not in str(refusal.value)


@given(st.integers(0, len(STORED) - 1))
def test_a_shortened_value_is_refused(length: int) -> None:
    with pytest.raises(DecryptError):
        RING.decrypt(STORED[:length], PLACE)


@pytest.mark.parametrize(
    "moved",
    [{"owner_id": 8}, {"owner_kind": "team"}, {"row_id": 13}, {"provider": "openai"}],
    ids=str,
)
def test_a_value_opens_in_no_other_place(moved: dict[str, object]) -> None:
    with pytest.raises(DecryptError, match="moved"):
        RING.decrypt(STORED, dataclasses.replace(PLACE, **moved))  # type: ignore[arg-type]


def test_places_are_never_confused() -> None:
    places = [Place("user", 1, 23, "x"), Place("user", 12, 3, "x"), Place("user", 1, 2, "3x")]
    assert len({place.as_bytes() for place in places}) == 3


def test_a_new_first_key_encrypts_and_the_old_one_still_opens() -> None:
    both = KeyRing.from_text(f"{NEW},{OLD}")
    assert both.decrypt(STORED, PLACE) == SECRET
    assert key_id_of(both.encrypt(SECRET, PLACE)) == "new"


def test_a_key_that_is_gone_is_named_as_the_reason() -> None:
    with pytest.raises(DecryptError, match="not in SOULCASTER_KEYS"):
        KeyRing.from_text(NEW).decrypt(STORED, PLACE)


def test_another_key_of_the_same_id_opens_nothing() -> None:
    with pytest.raises(DecryptError):
        KeyRing.from_text(NEW.replace("new:", "old:")).decrypt(STORED, PLACE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "k:",
        "k:short",
        f"{OLD},{OLD}",
        "a b:" + "A" * 43,
        "k:" + "A" * 44,
        "k:!" * 9,
    ],
)
def test_a_text_that_is_no_ring_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(KeyRingError) as refusal:
        KeyRing.from_text(text)
    assert not text or text not in str(refusal.value)


def test_a_ring_prints_no_key() -> None:
    assert "b'" not in repr(RING)
    assert OLD.partition(":")[2] not in repr(RING)
