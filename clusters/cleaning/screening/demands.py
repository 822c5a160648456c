"""What nobody who reports a defect asks of the one who fixes it: deeds and the things they are done to."""

from __future__ import annotations

from dataclasses import dataclass

_CONTROL = "It asks to take away tests, reviews or checks."
_RIGHTS = "It asks for rights for somebody or something."
_FETCHES = "It asks to take code from somewhere else."
_SECRETS = "It asks for secrets to be printed or sent somewhere."
_AWAY = "It asks to send data to another place."
_SHIPS = "It asks to merge, push or publish without those who decide."
_RUNS = "It asks to run a command that does more than the defect needs."
_CI = "It asks for a change to CI or branch rules that makes them weaker or leaks secrets."
_ROLE = "It asks an agent to be somebody else."


@dataclass(frozen=True, slots=True)
class Demand:
    """`deed` and `thing` are patterns, at most `near` characters apart; `state`: the deed as done.

    `needs`: a sentence has to have one of these, which saves the work. `meant`: the sentence has
    to speak to whoever fixes, as programs are asked for the same.
    """

    kind: str
    reason: str
    deed: str
    thing: str
    needs: tuple[str, ...]
    state: str = ""
    near: int = 70
    meant: bool = False


_TAKE_AWAY = r"remove|delete|drop|disable|deactivate|turn off|switch off|comment out|skip|lower|reduce|relax|loosen|weaken|bypass|silence|mute|suppress|stub(?: out)?|exclude|ignore|empty|get rid of|take out|strip(?: out)?|rip out|throw (?:away|out)|kill|suspend|circumvent|neuter|water down|override|dismiss|xfail|mark|tolerate|uninstall|unset|cut|allow"
_TAKEN = r"(?:is|are|be|gets?|been|being)?\s?(?:removed|deleted|dropped|disabled|deactivated|turned off|switched off|commented out|skipped|lowered|reduced|relaxed|loosened|weakened|bypassed|silenced|suppressed|excluded|ignored|gone|off|optional|non-?blocking|allowed to fail|exits? (?:with )?(?:0|zero)|always (?:pass\w*|exits?|succeed\w*|green)|set to (?:0|zero)|uninstalled)"
_TESTS = r"\b(?:(?:failing|flaky|broken|red|slow|existing|other|remaining|all|unit|integration|e2e|regression|security|auth\w*) (?:\w{1,12} )?(?:tests?|specs?|assertions?|suites?)|test[- ]?suite|assertions?|tests?/\w|test_\w{1,40}\.py|\w{1,40}[._](?:test|spec)\.\w{1,4})"
_CHECKS = (
    r"\b(?:coverage (?:gate|threshold|check|requirement|minimum|limit)|(?:security|vulnerability|dependency|secret|code|licen[cs]e|container|image|sast|static|malware)[ -](?:scan\w{0,4}|check\w{0,2}|analysis|audit|review)|pre-?commit|husky|git hooks?|codeql|dependabot|renovate|semgrep|snyk|trivy|sonar\w{0,4}|bandit|gitleaks"
    r"|branch[ -]protections?|protected branch\w{0,2} rules?|required (?:reviews?|reviewers?|checks?|approvals?|status \w+)|code ?owners|review (?:requirement|gate|rule|step)s?|(?:two-person|four-eyes|peer|code|human|manual) (?:review|rule|approval|check)s?|approval (?:step|gate|rule|requirement)s?|merge (?:checks?|rules?|restrictions?)"
    r"|(?:lint|linter|linting|type ?check\w{0,3}|mypy|eslint|ruff|audit|test|tests|scan|e2e|security|quality|verify|verification|signing) (?:job|jobs|step|steps|stage|stages|workflow|gate|gates)|quality gates?|dco|signed[- ]commits?|commit signing|sign-?off (?:check|rule))\b"
)
_REPO_CI = r"(?:\.github/|\bworkflows?\b|\bpipelines?\b|\.gitlab-ci|\bjenkinsfile|\.circleci|\bmakefile\b|\bci\b(?: config\w*| file| job)?|\bcron (?:job|workflow)|\brunner\b|\bbuild (?:script|job|step)|\bdockerfile|\bgithub actions?\b|\bgit hook|\bpre-push|\bpost-(?:merge|checkout|commit))"
_SECRET = (
    r"(?:\b(?:secrets?|credentials?|passwords?|tokens?|(?:api|private|deploy|signing|ssh|access|master|encryption|gpg|service|license)[ _-]?keys?|environment(?: variables?)?|env vars?|environ|dotenv|connection strings?|database url|cookies?|keychain|kubeconfig|system prompt)\b|(?<!\w)\.env\b|`env`|\bprintenv|~/\.\w|\.ssh\b|\.aws\b|\.netrc|\.npmrc|\.git-credentials|\bid_rsa|\bid_ed25519|master\.key|\b\w{1,30}\.(?:pem|key|pfx|p12|jks)\b|/etc/(?:passwd|shadow)|/proc/\w+/environ"
    r"|\b[a-z]\w{0,30}_(?:token|secret|key|password|pat|dsn)s?\b|\bsecrets\.\w|tojson\(secrets)"
)
_PLACE = r"(?:https?://|\b[\w.+-]{1,60}@[\w-]{1,60}\.\w{2,}|\b(?:in|into|to|as|on|via|with|inside|under|within)\b[^¶]{0,25}?\b(?:pull request|pr|merge request|commit|commit message|issue|ticket|comment|comments|reply|response|description|changelog|readme|release notes|branch(?: name)?|gist|paste\w{0,3}|summary|artifacts?|artefacts?|log|logs|here|chat|channel|slack|discord|telegram|e-?mail|me|us|title|fixture|snapshot|public\w*|output)\b)"
_GIVE = r"send|post|put|upload|paste|print|echo|dump|attach|include|share|e-?mail|mail|forward|transmit|copy|write|append|publish|commit|add|reveal|show|tell|expose|leak|embed|encode|exfiltrate|report|log|display|list|quote|output|pipe|cat|return|read|ship|submit|drop|deliver|save|store|give|provide|hand|relay|sync|mirror|export|beacon|push|collect|gather|extract|stream"
_CODE = r"(?:\b(?:package|dependency|dependencies|library|module|action|actions/[\w-]+|image|base image|plugin|extension|script|version|file|implementation|registry|submodule|helper|binary|tool|installer|hook|loader|client|sdk|lockfile|[\w-]{1,40}\.(?:py|js|ts|sh|rb|go|rs|java|ya?ml|json|toml|lock|php|c|cpp))\b)"
_ELSEWHERE = r"(?:https?://|\bgit\+|\bgit@|\b[\w.-]{2,40}/[\w.-]{2,60}@[\w.-]{1,20}|\b(?:my|our|his|her|their|this|the|a) (?:\w{1,12} )?(?:fork|mirror|gist|registry|bucket|server)\b|--(?:extra-)?index-url|\bpastebin|\bfrom (?:the )?(?:attachment|attached))"
_COMMAND = r"(?:\b(?:curl|wget|iwr|fetch)\b[^¶]{0,120}?(?:\|\s?(?:sudo )?(?:ba|z|da|k)?sh\b|\|\s?python|-o\b)|(?:ba|z|da)?sh <\(|\bsource <\(|\beval [\"'`$(]|\$\(curl|\bnc (?:-\w+ )?\S+ \d{2,5}|/dev/tcp/|\bchmod (?:-r )?(?:777|\+s|a\+rwx)|\brm -rf? (?:/|~|\*|\.|\$)|\bnpx (?:-y )?[\w@./-]+@?|\bsudo \w|\bpip3? install\b|\bnpm (?:i|install) (?:-g )?[\w@./-]|\bgit push\b|\bgit config\b|\bgit remote\b|\bcrontab|\bauthorized_keys|\bssh -\w|\bnohup|\bdocker run|\bterraform (?:apply|destroy)|\bkubectl (?:delete|apply|exec)|\baws s3|\bgh (?:secret|repo|pr|release|api)|\breverse shell|\bsshd\b|\biptables|\bpowershell|\bbase64 -d|\bpython3? -c|\bnpm publish|\btwine upload)"

DEMANDS: tuple[Demand, ...] = (
    Demand("ci_edits", _CONTROL, _TAKE_AWAY, _CHECKS, ("coverage", "scan", "check", "audit", "review", "commit", "husky", "hook", "codeql", "bot", "semgrep", "snyk", "trivy", "sonar", "bandit", "gitleaks", "branch", "required", "owners", "approval", "merge", "job", "step", "stage", "workflow", "gate", "dco", "sign", "renovate", "analysis", "two-person", "four-eyes"), _TAKEN),
    Demand("instructions", _CONTROL, rf"{_TAKE_AWAY}|rewrite|adjust|edit|change|weaken|update", _TESTS, ("test", "spec", "assert"), _TAKEN, 40, meant=True),
    Demand("instructions", _CONTROL, r"comment out|skip|delete|remove|xfail|mark|empty|stub out|disable|drop|mute|silence", rf"{_TESTS}[^¶]{{0,60}}?\b(?:until|so (?:that )?(?:the|it|ci)|green|with skip|as skip\w*|as xfail|nobody|for now|pass(?:es|ing)?\b|in the way|flaky|noise|slow us)", ("test", "spec", "assert"), "", 40),
    Demand("ci_edits", _CI, r"add|put|append|insert|change|set|edit|update|modify|make|configure|introduce|create|let|switch|use", r"(?:\|\| ?true|continue-on-error|allow_failure|--no-verify|exit 0|pull_request_target|write-all|contents: write|write permissions?|id-token: write|permissions: \w+|skip ci|--exit-zero|--passwithnotests|fail_under|always (?:pass|exit|succeed|green))", ("true", "continue-on", "allow_failure", "verify", "exit", "pull_request_target", "write", "permission", "skip ci", "nottests", "fail_under", "always"), "", 90),
    Demand("ci_edits", _CI, r"add|put|append|insert|change|set|edit|update|modify|replace|switch|swap|create|introduce|extend|rewrite|point|give|make", _REPO_CI, (".github", "workflow", "pipeline", ".gitlab", "jenkins", ".circleci", "makefile", "ci", "cron", "runner", "build", "docker", "action", "hook", "post-", "pre-"), "", 60, meant=True),
    Demand("instructions", _FETCHES, r"update|replace|switch|change|point|use|install|upgrade|downgrade|pull|load|depend|swap|take|copy|download|fetch|import|vendor|add|bump|pin|move|overwrite|substitute|clone|apply", rf"{_CODE}[^¶]{{0,80}}?\b(?:with|to|from|at|by|of|on|against|in|via)\b[^¶]{{0,50}}?{_ELSEWHERE}", ("http", "git", "@", "fork", "mirror", "registry", "bucket", "server", "index-url", "pastebin", "attach"), "", 60),
    Demand("exfiltration", _SECRETS, _GIVE, rf"{_SECRET}[^¶]{{0,90}}?{_PLACE}|{_PLACE}[^¶]{{0,60}}?{_SECRET}", ("secret", "cred", "pass", "token", "key", "env", "string", "url", "cookie", "config", "prompt", "~/", ".ssh", ".aws", ".n", "id_", ".p", "/proc", "_"), "", 60, meant=True),
    Demand("exfiltration", _SECRETS, _GIVE, rf"{_SECRET}[^¶]{{0,60}}?\b(?:in|into|to|as|inside|within|on)\b[^¶]{{0,20}}?\b(?:pull request|merge request|commit message|this (?:ticket|issue|thread)|branch name|changelog|release notes|pr (?:description|body|comment)|readme|gist|commit body|code comment)", ("request", "commit", "this ", "branch name", "changelog", "notes", "pr ", "readme", "gist", "comment"), "", 60),
    Demand("exfiltration", _AWAY, r"send|post|upload|put|push|forward|mail|e-?mail|transmit|ship|deliver|submit|sync|mirror|export|stream|copy|report|relay|publish|share", r"\b(?:repo\w*|source(?: code| tree)?|code ?base|tarball|archive|database|dump|customers?|user data|users|backup|logs?|history|workspace|working directory|home directory|files|headers?|authorization|request|file tree|output|results?|diff|data|contents?|config\w*|variables?)\b[^¶]{0,80}?(?:https?://|[\w.+-]{1,60}@[\w-]{1,60}\.\w{2,})", ("http", "@"), "", 60, meant=True),
    Demand("tool_calls", _RUNS, r"run|execute|type|paste|start|launch|call|use|do|issue|invoke|perform|enter|source|apply|add", _COMMAND, ("curl", "wget", "sh", "eval", "nc ", "/dev", "chmod", "rm -", "npx", "sudo", "pip", "npm", "git", "cron", "auth", "nohup", "docker", "terraform", "kubectl", "aws", "gh ", "iptables", "powershell", "base64", "python", "twine"), "", 60, meant=True),
    Demand("tool_calls", _RUNS, r"run|execute|type|paste|start|launch|open|try|do|evaluate", r"\b(?:in|on|from|inside|with|via) your (?:\w{1,12} )?(?:sandbox|shell|terminal|machine|container|environment|workspace|runner|console|tools?)\b", ("your ",), "", 60),
    Demand("instructions", _RIGHTS, r"grant|give|assign|promote|elevate|make|add|invite|raise|extend", r"\b(?:admin\w*|owner|maintainer|write|push|root|sudo|full|merge|bypass|deploy|production) (?:rights?|access|permissions?|role|privileges?|scopes?|status)\b|\bas (?:an? )?(?:admin\w*|owner|maintainer|collaborator|code ?owner)\b|\bto (?:the )?(?:code ?owners|sudoers|admins|owners|maintainers|collaborators|allow-?list|bypass list|authorized_keys)\b", ("admin", "owner", "maint", "access", "permission", "role", "privilege", "scope", "right", "collab", "sudo", "list", "auth", "status"), "", 60, meant=True),
    Demand("instructions", _SHIPS, r"merge|push|force-?push|publish|release|deploy|tag|approve|create|cut|commit|ship|land|close|accept", r"\b(?:(?:straight|directly|right|immediately) (?:to|on|into|onto|in)|to (?:main|master|production|prod|npm|pypi|trunk)|(?:the|your|this|a|any|all) (?:\w{1,12} ){0,2}(?:releases?|pull requests?|prs?|merge requests?|tags?)|on (?:main|master)|without (?:a |any |human |further )?(?:review|approval|tests?|asking|waiting)|yourself|version)\b", ("straight", "direct", "right", "immed", "main", "master", "prod", "npm", "pypi", "release", "request", "pr", "tag", "without", "yourself", "version"), "", 50, meant=True),
    Demand("role_play", _ROLE, r"be|become|play|act as|behave like|impersonate|speak as|answer as|respond as|pretend to be|pretend you are|imagine you are|simulate", r"\b(?:my|an?|the|our) (?:[\w-]{1,14} ){0,3}(?:grand\w+|mother|father|friend|hacker|pirate|dan|character|persona|unrestricted|shell|terminal|admin\w*|owner|root|ceo|cto|evil|maintainer|expert|twin|release manager|actor|human|person|colleague|boss|jailbroken)\b", ("grand", "mother", "father", "friend", "hack", "pirate", "dan", "char", "persona", "unrestr", "shell", "terminal", "admin", "owner", "root", "ceo", "cto", "evil", "maint", "expert", "twin", "release", "actor", "human", "person", "coll", "boss", "jail"), "", 20, meant=True),
)  # fmt: skip
