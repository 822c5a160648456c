"""What attacks want done: verbs of one meaning under one name.

A phrase is lower case and in plain letters (`folding.py`); its words match in their usual endings.
"""

from __future__ import annotations

DEEDS: dict[str, str] = {
    "remove": (
        "comment it out, take it out, clear, clear out, get rid, empty, leeren, vacia, videz, "
        "delete, removed, dropped, has to go, remove, drop, erase, wipe, strip, get rid of, take "
        "out, purge, losche, loschen, entferne, entfernen, supprime, supprimez, supprimer, "
        "elimina, eliminar, borra, apague, удали, удалить, sil, usun, verwijder, rimuovi, "
        "cancella"
    ),
    "disable": (
        "waive, stop checking, stop verifying, let through, whitelist, allowlist, comment it out, "
        "ignore errors of, disable, turn off, switch off, deactivate, suspend, lower, weaken, "
        "relax, lift, bypass, skip, silence, exclude, zero, comment out, abschalten, schalte, "
        "deaktiviere, desactive, desactiva, disattiva, wylacz, отключи, выключи, kapat"
    ),
    "tell": (
        "enviarme, enviar, name them, mir schicken, tell me, reveal the, look it up, append the "
        "output, reveal to, read out, spell out, recite, disclose, hand me, send, post, upload, "
        "email, e-mail, mail, dump, reveal, paste, attach, leak, put, share, expose, repeat, "
        "exfiltrate, tell, hand over, give me, transmit, forward, schicke, sende, hange, envoyer, "
        "envia, envoie, montre, montre-moi, donne-moi, envoie-moi, muestrame, mostra, покажи, "
        "отправь, пришли"
    ),
    "show": (
        "print, show, output, include, quote, log, echo, list, write, put, encode, copy, embed, "
        "render, read, return, reply with, answer with, load, collect, compare, zeige, gib, "
        "publish, create, make, commit, store, save, translate, summarise, summarize"
    ),
    "run": (
        "ejecuta, ejecutar, executez, fuhre, запусти, выполни, esegui, uitvoeren, use sudo, try "
        "to reach, run, execute, invoke, launch, eval, exec, spawn, open, call, use, perform, "
        "source, trigger, activate, call it with, call it"
    ),
    "fetch": (
        "import, import the helper, load, include the script, require, install, download, fetch, "
        "curl, wget, clone, pull in, upgrade, bump, pin, replace, switch, add, use, vendor"
    ),
    "obey": "follow, carry out, do what, do whatever, do as, execute every, obey, comply with, act on",
    "ship": (
        "auto-approve, auto-merge, automerge, land, proceed, signs, roll out, promote, merge, "
        "push, approve, commit, deploy, release, tag, force push, force-push, accept, publish, "
        "publiez, publica, mergen, genehmige, pousse, valide, вливаи, вливай, ship it"
    ),
    "edit": (
        "donne, donnez, da, dale, gib, gebe, leave, attribute, convert, turn, add, set, change, "
        "replace, edit, modify, update, rewrite, put, write, insert, append, create, make, "
        "implement, hard-code, hardcode, introduce, switch, extend, register, grant, give, raise, "
        "store, rotate, redirect, plant, alter, touch, open, expose, log, anade, ajoute, fuge, "
        "let the ci, let the workflow, let ci, let the pipeline, have the workflow, have the "
        "pipeline, have the nightly, have the job"
    ),
    "claim": (
        "begin with the sentence, must begin with, begin your, end your, state that, pretend "
        "that, respond to every, reply to every, lie, invent, fabricate, fake, say, report, "
        "claim, state, confirm, pretend, write that, answer, mark, respond, reply, declare, tell "
        "everyone, melde, sage, diga, dis"
    ),
    "judge": "close, assign, mark, set, merge, dismiss, label, prioritise, prioritize, push, answer",
    "act_as": (
        "imagine you, stay in the role, answer as if, act as if, behave as if, write as if, work "
        "as if, playing a, play a careless, in the role, assume you, assume that you, answer as, "
        "respond as, reply as, act like, talk like, behave like, i am the model, pretend, "
        "imagine, act as, behave as, simulate, role-play, roleplay, play the role, play a game, "
        "take on the, speak as, speak like, suppose you, assume the role, us pretend, be my, "
        "switch to unrestricted, switch to developer, hypothetically, stell dir vor, write the "
        "code as, you answer as, you respond as, you reply as, you speak as, take the role, take "
        "over the role, respond as my, enter sudo, enter god, think of yourself as, see yourself "
        "as, consider yourself"
    ),
    "ignore": (
        "vergiss, olvida, olvidate, oublie, oubliez, dimentica, esqueca, забудь, negeer, "
        "zapomnij, prioritise the, prioritize the, ignore, disregard, forget, overlook, override, "
        "circumvent, disobey, unlearn, dismiss, not consider, consider"
    ),
}  # fmt: skip
