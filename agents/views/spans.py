"""Long times in words, as charts and tables say them."""

from __future__ import annotations

from datetime import timedelta

_DAYS = timedelta(days=2)  # from here on hours alone are hard to read


def told(value: timedelta) -> str:
    """“12 s”, “5 m 3 s”, “23 h 37 m”, “3 d 16 h”, “12 d”."""
    hours, rest = divmod(int(value.total_seconds()), 3600)
    minutes, seconds = divmod(rest, 60)
    if value >= _DAYS:
        days, hours = divmod(hours, 24)
        return f"{days} d {hours} h" if days < 7 and hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m"
    return f"{minutes} m {seconds} s" if minutes else f"{seconds} s"
