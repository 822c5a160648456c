"""The words that orders to an agent are made of: who is addressed, what is done, to what.

Each name is a piece of a regular expression over folded text (`folding.py`): lower case, a `¶`
where a sentence ends. Nothing here repeats without a bound.
"""

from __future__ import annotations


def gap(most: int) -> str:
    """At most so many characters of the same sentence."""
    return rf"[^¶]{{0,{most}}}?"


# Who could carry out an order.
AGENT = (
    r"(?:(?:(?:ai|a\.i\.|llm|coding|code|autonomous|automated|automatic|triage|software|review|planning"
    r"|fixing|language|large language|programming)[ -]?)+(?:agent|assistant|model|bot|system|engineer"
    r"|reviewer|planner|helper)s?|llms?|ais?|claude(?: code)?|chatgpt|gpt-?\d?\w{0,3}|copilot|codex|gemini"
    r"|kilo(?:code)?|aider|opencode|soulcaster|devin|planners?|triagers?|summari[sz]ers?|assistants?|agents?|chatbot|bots?)"
)
# What stands before a verb that orders something: a beginning, a request, a duty, a name.
START = (
    r"(?:^|[¶:;,\"'`(\[>*{}|\u2013\u2014\u2026]\s{0,3}|(?<!\w)-\s{0,3}|- {1,3}|\d[.)] {1,3}|\b(?:please|pls|kindly|now|just|simply|also|then|next"
    r"|immediately|instead|first|finally|and|lastly|afterwards|but|so|only|always|quietly|secretly|silently|discreetly|quickly|carefully|directly|automatically"
    r"|(?:you|must|should|shall|agents?|assistants?|models?|bots?|claude|copilot|ai|llms?)"
    r"(?: (?:must|should|shall|need to|needs to|have to|has to|can|will|may|are to|is to|ought to|now|also|first|then|always|please)){0,3}"
    r"|(?:sure|remember|want you|like you|need you|asked|told|instructed|required|authori[sz]ed|allowed|ask you"
    r"|instruct you|order you|urge you|forget|expected|going|try|proceed|continue) to"
    r"|(?:have|make|let) (?:it|them|the \w{1,20}))\b\W{0,3})"
)
# Words between a verb and its object.
OF = r"(?:(?!with\b|using\b|without\b|via\b|requests?\b|header\b|when\b|if\b|option\b)[\w'./$~{}-]{1,40}\W{1,3})"

ORDERS = (
    r"(?:instructions?|directives?|prompts?|guidelines?|guidance|guardrails?|programming|training"
    r"|safeguards?|system messages?|content polic(?:y|ies)|orders)"
)
RULES = r"(?:rules?|constraints?|restrictions?|polic(?:y|ies)|commands?|context|tasks?|plan|limitations?|conversation|duties|goals?|objectives?)"
BEFORE = r"(?:previous|prior|preceding|earlier|former|foregoing|above|past|original|initial|your|system|developer|safety|hidden)"
DETERMINER = r"(?:all|any|every|each|the|of|these|those|this|that|my|our|their|its|existing|current|other|given|internal|default|built-in|and|or|set|list)"
TOLD = (
    r"(?:(?:everything|anything|whatever|all|what)(?: that| which)? (?:you|you've|you have|i|we|they|has|have|was|is|were|came|comes"
    r"|stands?|the|else)\b[^¶]{0,40}?\b(?:told|said|instructed|given|learn(?:ed|t)|asked|above|before|earlier|previously|so far"
    r"|taught|programmed|trained)"
    r"|(?:everything|anything|all) (?:of the )?(?:above|before|prior|earlier|preceding|up to (?:here|this|now)|until now|so far)"
    r"|your (?:\w+ ){0,2}(?:programming|training|orders|task|job|assignment|duties|guidelines|instructions?|directives?|rules|limits|constraints|restrictions))"
)

PRIVATE = (
    r"(?:environment(?: variables?)?|env(?:ironment)?[ -]?var(?:iable)?s?|os\.environ|process\.env|printenv|\.env\b|secrets"
    r"|(?:api|access|secret|private|ssh|deploy|signing|encryption|provider|aws|cloud)[ _-]?(?:keys?|tokens?)"
    r"|(?:auth\w*|bearer|github|gitlab|ci|session|npm|pypi|refresh|oauth|bot|service)[ _-]?tokens?|tokens|credentials?|passwords|(?:database|db|admin|root|master|user|login|sudo)[ _-]?(?:password|passwd)s?"
    r"|id_(?:rsa|ed25519|dsa|ecdsa)|\.ssh\b|\.aws\b|\.kube\b|~/\.\w{1,20}|secrets?\.(?:ya?ml|json|env|toml)|/etc/(?:passwd|shadow)|/proc/\w+/environ|\.netrc|\.npmrc|\.pypirc"
    r"|\.git-credentials|keychain|key ?ring|system prompt|(?:initial|hidden|original|system|internal|full|secret|exact) (?:prompt|instructions)"
    r"|your (?:prompt|instructions|rules|configuration|keys?|token|password|secret|env)\b|conversation history|chat history"
    r"|\$\{?\w{0,40}(?:key|token|secret|password)\w{0,10}\}?|\w{1,40}_(?:key|token|secret|password)s?\b)"
)
LEAK = (
    r"(?:print|show|reveal|dump|output|echo|list|display|leak|post|send|upload|e-?mail|mail|transmit|exfiltrate|forward"
    r"|include|paste|copy|append|commit|publish|attach|report|disclose|share|tell|expose|write|put|embed|encode|deliver"
    r"|submit|push|log|cat|read|return|provide|give|hand over|quote|repeat|insert|place|spell out|store|save|add|collect|gather|grab|get|ship|beam|relay)"
)
SINK = (
    r"(?:https?://|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.(?:com|net|org|io|example|test|xyz|dev|site|ru|cn|tk|top|info|me|sh|app|link|local|invalid|tld)\b"
    r"|[\w.+-]{1,64}@[\w-]{1,63}\.\w{2,}|\b(?:in|into|to|on|as|within|inside|of|under|with)(?: the| your| a| an| this| my| its| that| public| new| final| same){0,3}"
    r" (?:pull request|pr|merge request|commit|issue|ticket|review|summary|reply|response|answer|readme|changelog|diff|patch"
    r"|final message|test (?:output|log|result)s?|code comments?|comments?|log output|gist|paste|branch|description|repo(?:sitory)?|chat|channel)\b"
    r"|\b(?:my|our|this|the following|that|an? (?:external|remote)|attacker'?s?) (?:server|host|endpoint|webhook|address|url|e?-?mail|collector|bucket|gist|listener|machine|inbox|bot|domain)"
    r"|\b(?:pastebin|gist|webhook|dns)\b|\b(?:to|into|in|as) [`'\"]?[\w-]{1,40}(?:/[\w.-]{1,40}){0,6}\.(?:txt|md|log|json|html|csv|py|js|ya?ml)\b)"
)

CI = (
    r"(?:\.github/[\w./*-]{0,80}|github actions?|(?:github |ci |ci/cd |gitlab |release |deploy(?:ment)? |build |the |our |actions? )?(?:workflows?|pipelines?)(?: files?| config\w*| definitions?)?"
    r"|\.gitlab-ci\.ya?ml|jenkinsfile|\.circleci[\w./-]{0,60}|azure-pipelines\.ya?ml|\.travis\.ya?ml|\.buildkite[\w./-]{0,60}"
    r"|dependabot\.ya?ml|codeowners|branch protection\w*|\.git/hooks[\w/-]{0,60}|pre-commit hooks?|\.pre-commit-config\.ya?ml|(?:the )?ci\b(?: config\w*| settings| job)?)"
)
AGENT_FILE = (
    r"(?:claude(?:\.local)?\.md|agents?\.md|gemini\.md|\.cursorrules|\.cursor/[\w./-]{0,60}|\.claude(?:/[\w./-]{0,60})?|copilot-instructions\.md"
    r"|\.windsurfrules|\.kilocode[\w./-]{0,60}|\.aider[\w.]{0,40}|\.codex[\w./-]{0,60}|\.?mcp\.json|opencode\.json|\.clinerules|\.continue/[\w./-]{0,60}"
    r"|(?:agent|assistant|copilot|claude|cursor|mcp)(?:'s)? (?:configuration|settings|config|instructions|rules|hooks?|permissions)(?: file)?)"
)
EDIT = (
    r"(?:edit|modify|change|update|add|create|append|write|insert|put|replace|delete|remove|disable|overwrite|extend|adjust|patch"
    r"|rewrite|set|drop|include|place|commit|make|turn off|relax|grant|give|register|configure|alter|amend|tweak|touch|switch|introduce)"
)
# What only somebody who makes the change can do, or is told to hide.
FRAME = (
    r"(?:as part of (?:the|your|this|that) (?:fix|change|pr|patch|pull request|work|task|job|commit)|while (?:you|fixing|at it|there|working|doing|implementing)"
    r"|when (?:you (?:fix|implement|work|write|open|commit|are done|finish|change|edit|touch|make|prepare|create|push|process|plan|handle|read)|fixing|committing|opening the)"
    r"|in (?:your|the same) (?:fix|commit|pr|pull request|change|patch|branch)|before (?:planning|implementing|writing the|reviewing|you (?:fix|start|begin|do|work|write|open|read|make|change|touch)|fixing|anything else|starting (?:work|to fix))"
    r"|after (?:you (?:fix|finish|are done|have fixed|open|commit|push)|fixing|the fix)|once (?:you (?:fix|finish|are done|have)|fixed)|your (?:fix|commit|pull request|pr|patch|branch|diff)\b"
    r"|(?:do not|don't|no need to|without|never) (?:mention|tell|ask|explain)\w*)"
)
ACTION = (
    r"(?:delete|remove|run|execute|send|push|merge|approve|publish|upload|fetch|curl|download|install|disable|commit|replace|overwrite"
    r"|print|reveal|grant|bump|release|deploy|skip|bypass|obey|follow|ignore|append|assign|rename|modify|edit|set|change|write|create|open|add"
    r"|update|insert|output|say|respond|reply|answer|mark|close|include|put|post|read|show|tell|email|mail|forward|copy|make|use|call|invoke"
    r"|stop|forget|disregard|drop|visit|clone|leak|give|invite|rotate|label|rewrite|wipe|erase|act|pretend|list|weaken|relax|lower|claim|accept|allow|trust|submit|choose|dump|echo|exfiltrate|comment out|turn off|reset|revert|tag|start|wget)"
)
