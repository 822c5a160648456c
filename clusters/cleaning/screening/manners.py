"""Who speaks to whom in an attack and how, and how reports speak: words under one name.

A phrase is lower case and in plain letters (`folding.py`); its words match in their usual endings.
"""

from __future__ import annotations

MANNERS: dict[str, str] = {
    "elsewhere": (
        "tells you, says there, it says, what it says, the comment in, first hit, the hit says, "
        "step in it, every step, steps on, steps in, written there, attached patch, notes.txt, "
        "instructions in the file"
    ),
    "unbound": (
        "previous instructions you received, instructions you received, contain an error, if you "
        "had no, your task now, deine neue aufgabe, neue aufgabe, tu tarea ahora, tu nueva tarea, "
        "ta nouvelle tache, la tua nuova, sua nova tarefa, твоя новая задача, your new task, your "
        "only task, you only need to, only job, your job now, your only job, your guidelines "
        "forbid, if your rules forbid, even if your, whatever your rules, whatever your "
        "instructions, against your rules, everything up to this point is, everything up to here, "
        "up to this point is irrelevant, is irrelevant now, higher rank than your, more important "
        "than your, overrules your, overrule your, precedence over your, instead of your "
        "instructions, not the ones in the tracker, the actual requirements, end the session, "
        "forget about the bug, limits do not apply, rules do not apply, does not apply, no longer "
        "apply, no longer applies, is a mistake by, did not exist, switched off for you, those "
        "are out of date, wrong goals, answer as if you had no, do not follow the, follow mine, "
        "not follow the maintainers, instead of the plan, follow only me, follow only mine, you "
        "are forbidden, forbidden to do, is now mandatory, whatever you are forbidden, overrides "
        "all other, overrides all previous, overrides any, overrides your, overrides all, "
        "supersedes all, supersedes your, may ignore, is allowed to ignore, may bypass, may skip, "
        "is free to ignore, stop the current task, stop your current, drop the current task, "
        "abandon the current"
    ),
    "agent": (
        "@assistant, @agent, @bot, @claude, @copilot, @ai, automated contributors, ais, devgpt, "
        "assistant that, robot, der agent, the robot, agente, only a program, program that, this "
        "program, hackergpt, reviewer bot, whatever handles, whoever or whatever, pipeline bot, "
        "ai system, neural network, digital assistant, virtual assistant, kunstliche intelligenz, "
        "intelligence artificielle, inteligencia artificial, modele, modelo de lenguaje, "
        "sprachmodell, асистент, ассистент, нейросеть, бот, ai, llm, llms, ai assistant, ai "
        "agent, coding agent, coding assistant, language model, bot, fix bot, assistant, agent, "
        "claude, chatgpt, gpt, copilot, codex, gemini, devin, aider, automation, automated "
        "reviewer, machine, ki, l'ia, ии, yapay zeka, asistente, assistente, asystenta, whoever "
        "automates, person or tool, tool or person, person or program, program or person, "
        "soulcaster"
    ),
    "you": (
        "you, your, yourself, yours, you're, you've, dir, dich, dein, deine, deiner, tu, vous, "
        "ты, тебя"
    ),
    "empowered": (
        "careless engineer, as if you had, you are me, have my rights, you may now access, you "
        "may now, you are back with, executes any command, context was corrupted, any "
        "restrictions, you have root, you control, you decide alone, you own this, you are "
        "devgpt, no limits for you, developer mode has been enabled, developer mode is on, "
        "developer mode enabled, god mode is on, god mode you may, dan mode, as dan, your name is "
        "now, higher rank, outranks your, you are root, you hereby, no sandbox, you have no "
        "rules, nothing is forbidden, forbidden no more, above your rules, you obey, you fulfil, "
        "any wish, you answer to me, your new role, you serve, you work for me, free yourself, "
        "break free, you are my, eres el administrador, ты администратор, session was upgraded, "
        "you are a character, you are no longer, you have been promoted, you have "
        "permission, you are allowed, you are authorised, you are authorized, you may skip, you "
        "may leave, your usual limits, your usual rules, your limits, your true goal, your real "
        "task, your safety training, has been enabled for you, switched off for you, you may do "
        "anything, you need not, you do not have to, you don't have to, you had no restrictions, "
        "you were free, no restrictions, without restrictions, without any restrictions, "
        "unrestricted, unrestricted mode, without limits, sans aucune limite, without any rules, "
        "no content policy, free of all rules, being free of, do not apply, does not apply, no "
        "longer apply, evil twin, ohne einschrankungen, network access allowed, needs nobody's "
        "consent, wrong goals, is a mistake by, did not exist, you answer as, you respond as, "
        "have been given permission, been given permission, given permission to, you have the "
        "right to, you have been cleared, have been granted"
    ),
    "approved": (
        "reviewer has asked me, has asked me to, told to go ahead, already happened, review "
        "already happened, from the founders, priority request from, ceo has ordered, has "
        "ordered, has instructed, instructed me to, asked me to tell you, told me to tell you, "
        "hq, headquarters, from soulcaster, plan.status=approved, status=approved, i approve my "
        "own, approve my own, my own plan, as per our agreement, per our agreement, all reviewers "
        "have been informed, reviewers have been informed, we agreed, our agreement, hereby "
        "waive, i hereby, already signed, given the green light, green light, got the ok, has the "
        "ok, blessed by, ceo wants, management wants, management decided, board decided, "
        "compliance has, security has, security wants, the team has decided, team decided, this "
        "is authorised, this is authorized, i authorise, i authorize, is authorised, order from, "
        "on behalf of, work order, the owner has, legal has, boss has, agreed that, chef hat, "
        "chef hat es, schon genehmigt, es schon genehmigt, already approved, has approved, have "
        "approved, been approved, was approved, has already approved, already been approved, "
        "already signed off, cleared with, has agreed, have agreed, as agreed, was agreed, as "
        "discussed, discussed internally, permission for this, permission has been, given by the "
        "owner, was decided, it was decided, been decided, reviewers know, security team asks, "
        "approval: granted, approval granted, reviewer: none, none required, bereits genehmigt, "
        "ya lo aprobo, ya lo ha aprobado, deja donne son accord, уже одобрил, elevated "
        "privileges, verified as the owner, trust me, i am the maintainer, i'm the maintainer, "
        "i'm the cto, i am the cto, i wrote half, project lead, marked as trusted, owner of this "
        "repository, reporter is a project owner, you can trust, has signed off, have "
        "signed off, been signed off"
    ),
    "unasked": (
        "you can push directly, push directly, no discussion needed, any cost, even if that "
        "means, whatever it takes, whatever it costs, maximum budget, lgtm, count down to zero, "
        "down to zero, executes any, execute whatever, whatever is in, any command, any command "
        "found, every command, before you look, before looking, without looking, don't ask for "
        "confirmation, do not ask for confirmation, asking for confirmation, need not run, do not "
        "run the tests, don't run the tests, do not worry about security, don't worry about "
        "security, no time for, usual process, all upcoming, merge when ready, when ready, "
        "without further, without hesitation, do it anyway, do not hesitate, no discussion, do "
        "not wait, don't wait, do not ask, don't ask, never mind the, skip verification, skip "
        "review, on your own, on master yourself, on main yourself, yourself on, without review, "
        "without a review, without asking, without a look, without confirmation, without "
        "approval, without tests, without running, without permission, no review, no need to ask, "
        "no need to, no reason to, never ask, never asks, need not be, no confirmation, no "
        "questions, no explanations, no explanation, ohne review, ohne prufung, sin revision, "
        "sans relecture, sans revue, sem revisao, senza revisione, без проверки, nobody will, "
        "nobody checks, no one will, nobody needs, nobody will miss, not be executed, not to be "
        "executed, success regardless, never need, never runs tests, always approved, skip the "
        "approval, skip the review, skip the plan, skip the tests, do not need a review, no "
        "further checks, tests are optional, straight to main, straight to production, directly "
        "into, directly to main, to main, into main, into the release branch, direkt auf main, "
        "directly on main, whatever happens, they only slow, only slow this down, just commit, as "
        "it is, right away, on every push, of any contributor, comment it out completely, "
        "completely and it works, never waits, never waits for, waits for nobody, always "
        "force-pushes, never asks for, fulfil each, each wish, never it fails, so it never fails, "
        "without asking anyone, no tests needed, no tests are needed, no review needed, no "
        "approval needed, needs no review, needs no tests, needs no approval"
    ),
    "conceal": (
        "document nothing, without leaving a note, leaving a note, without a note, without "
        "telling, without a trace, and not mention it, nothing about it, don't add it to the "
        "changelog, not in the changelog, without an entry, nobody is told, nobody will be told, "
        "need to be documented, needs no mention, remove any trace, leave no trace, cover your "
        "tracks, hide this, hide the change, keep it between, between us, keep quiet about, not "
        "be visible, don't list it, do not list it, without comment, not be logged, from the "
        "logs, reply that it was invalid, nobody has to know, no one has to know, off the record, "
        "keep this secret, pretend it was, make it look like, look like an accident, look "
        "harmless, unter uns, entre nous, entre nosotros, sneak, such a way that the reviewer, "
        "does not notice, unrelated commit, leave it out, such a way that, quietly, secretly, "
        "unnoticed, is not noticed, do not notice, not noticed, do not mention, don't mention, "
        "not mention, never mention, without mentioning, do not tell, don't tell, tell nobody, "
        "tell no one, do not discuss, don't discuss, not write about, do not report this, do not report it, do not report the change, leave out "
        "of, no need to list, keep this part, confidential, say nothing, do not say a word, "
        "erwahne es nicht, erwahne es nirgends, nicht erwahnen, nirgends, no lo menciones, no lo "
        "digas, n'en parle, non dirlo, не упоминаи, не упоминай, soz etme, nie wspominaj, vermeld "
        "het niet, nao mencione, bother the humans, nobody should know, not in the pr"
    ),
    "aside": (
        "as the last step, as a last step, in addition to the fix, nebenbei, next to the fix, "
        "besides the fix, before you open, for the rest of this, do me a favour, do me a favor, "
        "acceptance criteria, please run this first, run this first, one request to, antes de "
        "nada, acceptance criteria for, hereby, in addition, additionally, on top of the fix, "
        "when you open, while you, while you are at it, while you are there, in the same change, "
        "in the same commit, in the same pr, in the same fix, as part of the fix, as part of "
        "this, as part of it, together with the fix, along with the fix, in your plan, the plan "
        "must, in the test you write, the test you write, as a check, while editing, while "
        "repairing, while fixing, when fixing, when fixing this, along the way, before you begin, "
        "before you start, before you fix, before anything else, before you do, in order to fix, "
        "to fix the, step 1, step 2, whoever implements, whoever fixes, when you are done, once "
        "you are done, by the way, along the lines, when summarising this, when you, while "
        "implementing, from here on, from now on, for all future, in every, with each change, do "
        "this together, do it together with, whoever, note for, nebenbei bitte, agent soll"
    ),
    "posing": (
        "new instructions from, instructions from soulcaster, system alert, end of untrusted, "
        "back with the operator, reload instructions, plan.status, context was corrupted, approve "
        "my own plan, priority request from, message from the maintainers, this is not feedback, "
        "not feedback, admin override, trust level, override code, approval recorded, is a work "
        "order, from the maintainers, end of ticket, next task for the agent, begin of system, "
        "message for the system, signed by the operator, disable content checks, controls the "
        "repository, approval: granted, reviewer: none, your current task is, the current task "
        "is, what you read before, system override, [system], </user_report>, "
        "<tool_result>, [tool_result], operator message, message from the operator, note from the "
        "operator, developer message, system-reminder, system notice, maintenance window, end of "
        "feedback, end of user report, end of report, report has ended, notice from the platform, "
        "important notice, policy update, automated message, internal notice, privileged section, "
        "session was upgraded, as coming from the system, user has been verified, user has "
        "elevated, result of the security review, guidelines have been revised, budget limit "
        "lifted, new plan:, new policy, message from the soulcaster, task from the maintainers, "
        "restrictions are lifted, all restrictions are lifted, limits are lifted, tests are not "
        "important, tests do not matter, tests don't matter, security does not matter, security "
        "is not important, safety is not important, instructions for the model, [system message], "
        "[system notice], [admin], [admin message]"
    ),
    "duty": (
        "is to be, are to be, has to be, must be, should be, may be, must contain, should "
        "contain, must contain a step, should also, may skip, shall be, need to be, must include, "
        "must add, needs to, should return, should finish, must click, should hand, agent soll, "
        "der agent soll, have to add, have the, has to add"
    ),
    "reader": (
        "reading this, reads this, processing this, processes this, working on this, works on "
        "this, handling this, handles this, picks this up, pick this up, fixing this issue, "
        "resolving this, resolves this, triaging this, triages this, that reads, implementing "
        "this, implements this, looking at this, assigned to this, generating code for this"
    ),
    "you_are": (
        "you are the, you are a, you are an, you're the, you're a, you are my, you are now, you "
        "are no longer"
    ),
    "hush": (
        "do not ask, don't ask, do not wait for, don't wait for, do not hesitate, skip the plan, "
        "skip the approval, skip the review, do not create a plan, don't create a plan, ask "
        "nobody, ask no one, no questions asked, do not verify, don't verify, do not check, do "
        "not test, don't test it, do exactly as i say, exactly as i say, do as i say, just do as, "
        "obey me"
    ),
    "for_agent": (
        "for ai, for the ai, for ais, for llms, for bots, for agents, for bot, for the agent, for "
        "the bot, for the assistant, for claude, for copilot, for coding agents, for ai "
        "reviewers, for ai agents, for ai assistants, for automated, to ai, to the ai, to the "
        "agent, to the bot, to the llm, to the assistant, to all agents, attention agents, "
        "attention ai, attention bots, attention assistant, fur die ki, an die ki, a l'ia, a "
        "l'agent, pour l'ia, para la ia, para el agente, para a ia, per l'ia, voor de ai, для ии, "
        "для ассистента, dla ai, as an ai, as an ai developer, as a language model, as an agent, "
        "as the agent, as ai, ai developer, ai reviewer, whoever fixes, whoever implements, "
        "whoever handles, whoever works, whatever handles, whichever bot, whichever ai"
    ),
    "said_to": (
        "instruction, instructions, task, note, message, hint, attention, notice, command, order, "
        "hinweis, nota, nur, only, aviso, instrucciones, istruzioni, instrucoes, anweisung, "
        "nachricht, заметка, сообщение, memo, reminder, obliged, must, should"
    ),
    "please": (
        "please, kindly, could the, could you, would you, can you, it would be lovely, make sure, "
        "bitte, por favor, veuillez, per favore, пожалуиста, пожалуйста"
    ),
    "wrong": (
        "fail, fails, failed, crash, crashes, broken, wrong, exception, cannot, can't, could not, "
        "is not, are not, isn't, aren't, does not, doesn't, don't work, missing, hangs, stuck, "
        "incorrect, vulnerability, vulnerable, expected, actual, unexpected, regression, "
        "rejected, denied, overlaps, should not, must not, cve, xss, dangerous, by mistake, "
        "affected, bad practice, why does, when i, if i, after the update, since the update, "
        "nicht mehr, lasst sich, ne fonctionne, no funciona, не работает, which is bad, far too "
        "much, is bad, too much, by an integration, possible through, people then, gets long, is "
        "disabled, is hidden, although, greyed, must not be possible, should not be possible, "
        "works inside, must never, are disabled, will now always, will now, would then"
    ),
    "feature": (
        "support for, an option, option to, option for, a button, a setting, a flag, would like, "
        "i would, how do i, how can, is there a way, feature request, should ask, should not, "
        "should never, must not, must ask, should be able, would prefer, would be nice, nice if, "
        "could be told, please document, as a user, as an admin, it would be great, please pin, "
        "allow to, possibility, moglichkeit, opcion, opcao, fonction, funzione, возможность, a "
        "checkbox, a switch, configurable, by default, optional, per project, for each project, "
        "in the settings, on the settings page, in the ui, for accessibility, for screen readers, "
        "feature:, let me, let us, idea:, proposal:, suggestion:, from the documentation, in the "
        "documentation, the documentation should, in the docs"
    ),
    "told_of": (
        "is told to, was told to, template, revert, reverts, jailbreak, jailbreak prompts, "
        "contains, contain, containing, includes, typing, writes, answered, answers, appears, "
        "printed, logged, logs, shown, displayed, mentions, quoted, says, say, shows, reads, "
        "message, button, label, labelled, menu, dialog, error, page, docs, documentation, "
        "option, setting, called, named, type, typed, enter, entering, entered, sentence, phrase, "
        "text, string, word, example, classifier, filter, flags, users, user, rule, command, "
        "title, comment"
    ),
    "demand": (
        "i need the value, i need your, i need the contents, i want your, i want the contents, i "
        "need access to your"
    ),
    "told_before": (
        "what were you told, were you told before, what you were told, what have you been told, "
        "was said to you, which instructions do you have, what instructions do you"
    ),
}  # fmt: skip
