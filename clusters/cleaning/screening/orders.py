"""Orders to an agent: away with the rules, a new task, another person to be."""

from __future__ import annotations

from clusters.cleaning.screening.rules import rule
from clusters.cleaning.screening.words import (
    ACTION,
    AGENT,
    AGENT_FILE,
    BEFORE,
    CI,
    DETERMINER,
    ORDERS,
    PRIVATE,
    RULES,
    START,
    TOLD,
    gap,
)

_OVERRIDE = "It asks an agent to drop the rules it was given."
_NEW_TASK = "It gives an agent another task."
_ADDRESS = "It speaks to an agent and tells it what to do."
_ROLE = "It asks an agent to be somebody else."

_IGNORE = (
    r"(?:ignore|disregard|forget|overlook|override|bypass|discard|neglect|dismiss|scrap|abandon|set aside|put aside|throw (?:away|out)"
    r"|(?:do not|don't|never|stop|no longer|cease to|refuse to|quit) (?:follow|obey|adher|comply|listen|trust|respect|honou?r|car)(?:ing|e)?(?: to| with| about)?"
    r"|stop following|pay no (?:attention|heed)(?: to)?|give no heed to|unlearn|circumvent|violate|disobey|supersede|take no notice of|turn a blind eye to|free yourself (?:of|from))"
)
_WIPE = r"(?:skip|drop|delete|clear|erase|wipe|reset|replace|overwrite|cancel|void|break|suspend|remove|undo|revoke)"
_NOUN = rf"(?:{ORDERS}|{RULES})"
_MACHINE = r"(?:assistant|ai|agent|bot|chatbot|model|llm|gpt\w{0,4}|claude|dan|jailbroken|unrestricted|uncensored|unfiltered|evil|persona|character|shell|terminal|interpreter|console|compiler)"
_PERSON = r"(?:hacker|admin(?:istrator)?|root|superuser|maintainer|owner|pirate|operator|sysadmin|pentester|red teamer|attacker|security (?:researcher|auditor|tester)|release manager|grandm\w+|boss|ceo)"
_LIMITS = r"(?:restrictions?|rules|filters?|limits|limitations|guidelines|content polic\w{1,3}|safeguards|guardrails|ethics|censorship|polic(?:y|ies)|safety)"
_FREE = rf"(?:no|without(?: any)?|free (?:of|from)|not bound by|not have|(?:ignor|bypass|disabl|lift)\w{{0,4}})(?: any| all| its| your| content| safety| ethical| moral| usual){{0,3}} {_LIMITS}"

ORDERS_RULES = (
    rule("instructions", _OVERRIDE, rf"{START}{_IGNORE}\s(?:(?:{DETERMINER}|{BEFORE})\s){{1,7}}{ORDERS}\b", "instruction", "directive", "prompt", "guid", "guard", "programming", "training", "system message", "polic", "orders"),
    rule("instructions", _OVERRIDE, rf"{START}{_IGNORE}\s(?:{DETERMINER}\s){{0,4}}{BEFORE}\s(?:\w{{1,15}}\s){{0,2}}{_NOUN}\b", "previous", "prior", "preceding", "earlier", "former", "foregoing", "above", "past", "original", "initial", "your", "system", "developer", "safety", "hidden"),
    rule("instructions", _OVERRIDE, rf"{START}{_IGNORE}\s(?:{DETERMINER}\s){{0,3}}{_NOUN} (?:above|before|so far|(?:that |which )?you|given to|from (?:before|above|your|the (?:system|developer|maintainer))|of your|in your|at the top|that came)\b", "above", "before", "so far", "you", "given to", "from ", "at the top", "that came"),
    rule("instructions", _OVERRIDE, rf"{START}{_IGNORE}\s{TOLD}", "everything", "anything", "whatever", "all", "what", "your"),
    rule("instructions", _OVERRIDE, rf"{START}{_IGNORE}\s(?:the|all)(?: of the)? (?:above|foregoing)\b[^\w¶]{{0,3}}(?:and|instead|then)?[^¶]{{0,20}}?\b(?:instead|do|write|say|print|output|tell|run|execute|delete|send)\b", "above", "foregoing"),
    rule("instructions", _OVERRIDE, rf"{START}{_WIPE}\s(?:{DETERMINER}\s){{0,4}}{BEFORE}\s(?:\w{{1,15}}\s){{0,2}}{ORDERS}\b", "instruction", "directive", "prompt", "guid", "programming", "training"),
    rule("instructions", _OVERRIDE, rf"\b{BEFORE}\s(?:\w{{1,15}}\s){{0,2}}(?:instructions?|directives?|prompts?|guidelines?|rules|guardrails)\s(?:\w{{1,10}} ){{0,3}}?(?:void|null|cancell?ed|superseded|replaced|obsolete|invalid|overridden|revoked|suspended|lifted|ignored|disregarded|outdated|no longer|not apply|wrong)\b", "instruction", "directive", "prompt", "guidelines", "rules", "guardrails"),
    rule("instructions", _NEW_TASK, rf"\b(?:these|the following|following|new|updated|revised|real|actual|true) (?:instructions?|directives?|orders|rules|commands)\b{gap(20)}\b(?:take (?:precedence|priority)|supersede|override|replace|come first|apply (?:to you|instead)|follow\b|for you)", "instruction", "directive", "orders", "rules", "commands"),
    rule("instructions", _NEW_TASK, r"(?:^|[¶\n>*#=\]-]\s{0,3}|\byour )(?:new|updated|revised|real|actual|true|secret|additional|hidden|remaining|only) (?:instructions?|directives?|task|objective|goal|mission|orders?|assignment|job|purpose)\s?(?::|is(?! not)\b|are\b|now\b|from now)", "instruction", "directive", "task", "objective", "goal", "mission", "order", "assignment", "job", "purpose"),
    rule("instructions", _NEW_TASK, r"\bfrom (?:now|here|this point|this moment|this line)(?: on(?:wards?)?| forward| until)?,? (?:you\b|your\b|respond|answer|reply|act|treat|obey|do |write|speak|call)", "from "),
    rule("instructions", _NEW_TASK, rf"{START}(?:end|begin|start|finish|close|prefix|sign|include|show|put|add|insert|mention|write|render|embed|append|state)\b{gap(80)}\byour (?:next |final |own )?(?:answer|response|reply|summary|commit messages?|final message|output|report)\b", "your "),
    rule("instructions", _NEW_TASK, rf"{START}(?:respond|reply|answer) (?:only|exclusively|solely|just|always|exactly)\s?(?:with|in|by|as)?\b", "respond", "reply", "answer"),
    rule("instructions", _NEW_TASK, rf"\binstead of (?:fixing|solving|planning|reviewing|working on|doing) (?:this|the|that|your)\b{gap(60)}{ACTION}\b", "instead of"),
    rule("instructions", _NEW_TASK, rf"{START}(?:fetch|visit|open|read|download|load|browse|retrieve|get|decode|take)\b{gap(160)}(?:and|then|,)\s{{1,3}}(?:then )?(?:(?:follow|execute|carry out|apply|run)\s(?:the |all |any |its |every |these |those ){{0,2}}(?:instructions?|orders|commands|directives) (?:there|in it|inside|within|it contains|you find|from)|obey|comply|do (?:what|as|exactly)|(?:follow|execute|run) (?:it|them|the result|what))\b", "obey", "comply", "do ", "follow", "execute", "carry", "run"),
    rule("instructions", _ADDRESS, rf"\b(?:note|message|attention|attn|instructions?|important|hint|reminder|memo|notice|hey|hi|hello|dear|order|request|info(?:rmation)?)\W{{1,3}}(?:(?:to|for|that)\W{{1,2}})?(?:(?:the|any|all|every|whichever|our|my|fellow|dear)\s){{0,2}}{AGENT}\b{gap(60)}[:,\u2014\u2013!¶-]\s{{0,3}}(?:\w{{1,12}},? ){{0,12}}?(?:{ACTION}|do|you|never|always|please)\b", "ai", "agent", "llm", "assistant", "model", "bot", "claude", "gpt", "copilot", "codex", "gemini", "kilo", "soulcaster", "reviewer", "planner", "triager", "summari"),
    rule("instructions", _ADDRESS, rf"(?:^|[¶\n>\"'(*\[#@]\s{{0,3}}|<!--\s{{0,3}})@?(?:the |any |all |dear |hey |hi |hello )?{AGENT}\W{{0,2}}[:,\u2014\u2013!]\s{{0,3}}(?:(?:please|after|when|before|once|while|if|as|now|also|also,|you|don't|do not|never|always|make sure|first)\b[^¶]{{0,60}}?\b)?(?:{ACTION})\s\w", "ai", "agent", "llm", "assistant", "model", "bot", "claude", "gpt", "copilot", "codex", "gemini", "kilo", "soulcaster", "aider", "devin"),
    rule("instructions", _ADDRESS, rf"\b(?:if|since|because|as|given that) you(?:'re| are) (?:an? |the |any )?(?:\w{{1,15}} ){{0,2}}{AGENT}\b", "you"),
    rule("instructions", _ADDRESS, rf"\b(?:any|every|all|whichever|whatever|each) {AGENT} (?:(?:that|who|which|is|are|currently) ){{0,2}}(?:reads?|reading|sees?|process\w{{0,3}}|handl\w{{1,3}}|working|works|triag\w{{1,3}}|fix\w{{0,3}}|look\w{{0,3}}|assigned|pick\w{{0,3}})\b", "any ", "every ", "all ", "whichever", "whatever", "each "),
    rule("instructions", _ADDRESS, rf"\b(?:the |any |all |your |this )?{AGENT} (?:must|should|shall|has to|have to|needs? to|is (?:required|instructed|allowed|authori[sz]ed|expected) to|may|will)(?: first| also| now| then| always| immediately){{0,2}} {ACTION}\b[^¶;]{{0,80}}?(?:{PRIVATE}|{CI}|{AGENT_FILE}|\b(?:tests?|repo(?:sitory)?|collaborator|maintainer|main|master|pull request|backdoor|approval|licen[cs]e|https?://))", "must", "should", "shall", " to ", "may", "will"),
    rule("role_play", _ROLE, rf"\byou(?:'re| are)(?: now| hereby| henceforth| no longer| from now on){{1,2}}\W{{1,2}}(?:going to be |called |named |acting as |playing |known as )?(?:(?!logged|signed|connected|redirected|subscribed|viewing|editing|running|using|seeing)\w{{1,15}}\W{{1,2}}){{0,4}}?(?:{_MACHINE}|{_PERSON}|\w{{2,15}}(?:bot|gpt)|bound|restricted|constrained|in \w{{1,15}} mode|free)\b", "you"),
    rule("role_play", _ROLE, r"(?:^|[¶\n:>]\s{0,3})you(?:'re| are) (?:an?|the|my|our) (?:\w{1,15}\W{1,2}){0,4}?(?:assistant|ai|chatbot|bot|llm|language model|jailbroken|unrestricted|uncensored|hacker)\b", "you"),
    rule("role_play", _ROLE, rf"(?:{START}|\byou (?:will |should |must |shall |to |now |are to )?)(?:act(?:ing)?|behave|pose|speak|respond|answer|operate|function|work) (?:as|like)(?: if you (?:were|are))? (?:(?!proxy|load)[\w'-]{{1,15}}\s){{0,5}}?(?:{_MACHINE}|{_PERSON})\b", "act", "behave", "pose", "speak", "respond", "answer", "operate", "function", "work"),
    rule("role_play", _ROLE, rf"(?:{START}|\byou (?:will |should |must |shall |to |now |are to )?)(?:play the (?:role|part) of|assume the (?:role|identity|persona) of|take on the (?:role|persona|identity) of|impersonate|role-?play(?: as)?|simulate being|adopt the persona)\b", "play", "assume", "take on", "imperson", "simulate", "adopt", "role"),
    rule("role_play", _ROLE, rf"\b(?:imagine|pretend|suppose|assume|let's say)(?: that)?(?: to be| you(?:'re| are| were| have become)?)\b{gap(50)}(?:\b{_MACHINE}\b|{_FREE}|\b{_PERSON}\b[^¶]{{0,100}}?\b(?:anything|merge|approve|no (?:rules|limits)|without|may|allowed))", "imagine", "pretend", "suppose", "assume", "let's say"),
    rule("role_play", _ROLE, rf"(?:\b(?:you|your|bot|ai|model|assistant|agent|mode|persona)\b{gap(60)}{_FREE}|{_FREE}{gap(40)}\b(?:bot|ai|assistant|agent|mode|persona)\b)", "restriction", "rules", "filter", "limit", "guideline", "polic", "safeguard", "guardrail", "ethics", "censorship", "safety"),
    rule("role_play", _ROLE, r"\b(?:do anything now|(?:dan|god|jailbreak|jailbroken|unrestricted|unfiltered|uncensored) mode|jailbreak yourself|stay in character|break character|you(?:'re| are)(?: now)? in (?:developer|debug|maintenance|admin|root|test|god) mode)\b", "do anything", " mode", "jailbreak", "character"),
    rule("instructions", _OVERRIDE, r"\b(?:instructions?|prompt|brief(?:ing)?|rules|orders|directives?|guidelines) (?:that |which )?you (?:received|were (?:given|told|sent|handed)|got|have (?:received|been (?:given|told))|had)\b", " you "),
    rule("instructions", _OVERRIDE, rf"{START}{_IGNORE}\s(?:the|this|that|your|any) (?:\w{{1,12}} )?(?:plan|brief(?:ing)?|system message|task)\b", "plan", "brief", "system message", "task"),
    rule("instructions", _NEW_TASK, r"\bin your (?:final |next |own )?(?:answer|reply|response|summary|message|report),? (?:please |also )?(?:include|write|say|add|put|mention|show|print|state|quote|list|give)\b", "in your "),
    rule("instructions", _NEW_TASK, rf"{START}(?:(?:respond|reply|answer|say|output|print|write|return)\b{gap(60)}\b(?:and nothing else|nothing but)\b|(?:respond|reply|answer) with the (?:word|phrase|text|string|sentence|letter|number)s?\b|say nothing\b|keep (?:this |it )?(?:quiet|secret|between us)|tell (?:no ?one|nobody))", "nothing", "with the", "keep ", "tell "),
    rule("instructions", _NEW_TASK, r"\b(?:follow|obey|listen to|trust) (?:me|only me|my (?:instructions|orders|words|commands)|the reporter)\b", "follow", "obey", "listen", "trust"),
    rule("instructions", _ADDRESS, rf"\b{AGENT},? (?:that|who|which) (?:is |are |will |currently )?(?:reads?|reading|sees?|gets?|receives?|works?|working|handl\w{{1,3}}|process\w{{0,3}}|plans?|planning|fix\w{{0,3}}|implement\w{{0,3}}|parses?|picks?) (?:up |on )?(?:this|the (?:issue|report|ticket|text))\b", " this", " the "),
    rule("instructions", _ADDRESS, rf"\bas (?:the|an?|our|your|my) (?:\w{{1,15}} ){{0,2}}{AGENT}\b{gap(60)}\byou(?:r|'re)?\b", "as "),
    rule("instructions", _ADDRESS, r"\bi(?:'m| am)(?: \w{1,10})? (?:the|an?|your|this \w{1,12}'s) (?:\w{1,15} ){0,2}(?:developer|owner|maintainer|admin\w{0,10}|creator|operator|author|engineer|ceo|boss|supervisor)\b[^¶]{0,60}?\b(?:authori[sz]e|allow|permit|order|instruct|command|hereby|tell|approve|grant|override)\b|\b(?:authori[sz]e|permit|order|command) you to\b|\byou (?:are|have been|'re) (?:hereby |now |fully |explicitly )?(?:authori[sz]ed|permitted|cleared|allowed) to (?:skip|bypass|merge|push|run|execute|read|delete|ignore|change|edit|disable|approve|access|use)\b", "i am", "i'm", " you "),
    rule("role_play", _ROLE, r"\byour (?:new|real|true|actual|secret) (?:role|name|identity|persona|self|personality|character) (?:is(?! not)|will be|becomes)\b", "your "),
    rule("instructions", _ADDRESS, r"(?:^|[¶\n>\"'(*\[#@]\s{0,3})@?(?:(?:ai|coding|llm|automated|autonomous) (?:agent|assistant|model|bot)s?|llms?|claude|chatgpt|copilot|codex|gemini|cursor|aider|soulcaster)\s?[:,\u2014-][^¶]{0,100}?\b(?:just|please|you (?:must|should|can|may|need|have)|no need to|do not|don't|never|make sure|feel free to)\b", "ai", "llm", "agent", "claude", "gpt", "copilot", "codex", "gemini", "cursor", "aider", "soulcaster"),
    rule("instructions", _OVERRIDE, r"\byou(?:'ve| have| had)? (?:been|were|are) (?:\w{1,10} )?(?:told|given|instructed|asked|taught|ordered|trained)\b[^¶]{0,60}?\b(?:outdated|wrong|obsolete|invalid|void|a (?:test|mistake|joke|lie)|no longer|discard|ignore|forget|disregard|does not (?:count|matter|apply)|irrelevant)\b", "you"),
    rule("role_play", _ROLE, rf"\byou(?:'re| are) (?:now )?\w{{2,20}}, (?:an?|the|my) (?:\w{{1,15}}\W{{1,2}}){{0,4}}?(?:{_MACHINE}|{_PERSON}|expert)\b|\byou(?:'re| are) (?:no longer|not) (?:an?|the|just) (?:\w{{1,15}}\W{{1,2}}){{0,3}}?(?:tool|assistant|agent|ai|bot|model)\b", "you"),
    rule("role_play", _ROLE, r"\b(?:let's|lets|let us) (?:(?:do|have|start|try|play) )?(?:an? )?(?:\w{1,12} )?(?:role[- ]?play|game)\b", "let"),
    rule("instructions", _ADDRESS, rf"(?:^|[¶\n]\s{{0,3}})you (?:must|shall|will|have to|are to|need to) (?:(?:always|never|now|only|immediately|from now on) {ACTION}|answer|respond|reply|obey|comply|approve|merge|ignore|follow)\b", "you "),
    rule("instructions", _OVERRIDE, r"\b(?:whatever|no matter what|regardless of what) (?:the|your) (?:\w{1,12} )?(?:plan|prompt|instructions?|system|maintainers?|rules?|guidelines) (?:says?|tells?|asks?)\b", "whatever", "no matter", "regardless"),
    rule("instructions", _ADDRESS, r"(?:^|[¶\n]\s{0,3})(?:hello, |hi, )?(?:this is |it's |it is )?your (?:\w{1,12} )?(?:supervisor|boss|operator|creator|developer|owner|manager|admin\w{0,10})\b(?: here| speaking|[:,])", "your "),
)  # fmt: skip
