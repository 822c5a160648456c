"""All settings, everything that varies by environment variable.

Reading is loud: a value that cannot be right stops the process with a sentence. Secrets may come
from files (`SECRET_KEY_FILE` for `SECRET_KEY`, and so on).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import structlog
from celery.schedules import schedule
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv, validate
from structlog.typing import Processor

django_stubs_ext.monkeypatch()  # so that generic classes can be subscripted at run time

env = FileAwareEnv()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- state -------------------------------------------------------------------------------------
# One folder holds everything that must be kept: it is the backup.
HOME = env.path("SOULCASTER_HOME", BASE_DIR / "var")
SANDBOX_HOME = env.path("SOULCASTER_SANDBOX_HOME", HOME / "sandboxes")

# --- core --------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", validate=validate.Length(min=32))
# The address under which people reach the product; links in pull requests are made from it.
SITE_URL = env.str(
    "SOULCASTER_URL", "http://localhost:8000", validate=validate.URL(require_tld=False)
).rstrip("/")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [_site.hostname or "localhost", "localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
_https = _site.scheme == "https"

INSTALLED_APPS = [
    "daphne",
    "soulcaster",
    "credentials",
    "clusters",
    "agents",
    "channels",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "csp",
    "django_htmx",
    "django_prometheus",
    "django_structlog",
    "drf_spectacular",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    # Outside of all that asks the database.
    "soulcaster.outage.OutageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "credentials.middleware.TimezoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "soulcaster.request_log.RequestLogMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "soulcaster.urls"
ASGI_APPLICATION = "soulcaster.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "soulcaster.context.product",
            ],
            "builtins": ["soulcaster.templatetags.ui"],
        },
    }
]

# --- people ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "credentials.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inbox"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "credentials.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_FORMS = {"login": "credentials.sign_in_form.SignInForm"}
ACCOUNT_LOGOUT_ON_GET = False
# GitHub's tokens are kept encrypted by `credentials`, never in allauth's own table.
SOCIALACCOUNT_ADAPTER = "credentials.adapters.SocialAccountAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_QUERY_EMAIL = False
SOCIALACCOUNT_PROVIDERS = {"github": {"provider_class": "credentials.github_sign_in.GitHubSignIn"}}

# --- database ----------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.dj_db_url("DATABASE_URL", f"sqlite:///{HOME / 'db.sqlite3'}", conn_max_age=60)
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    # Writers wait for each other at the start of a transaction instead of failing in its middle.
    _database["CONN_MAX_AGE"] = None
    _database["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA cache_size=-16000;"
            "PRAGMA journal_size_limit=27103364;"
        ),
    }
else:
    _database["CONN_HEALTH_CHECKS"] = True
    # A server that does not answer is away: nobody waits minutes for it.
    _database.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ATOMIC_REQUESTS = False

# --- Redis or Valkey, Celery, Channels -----------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
# A Redis that does not answer is away: nobody waits minutes for it.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 3.0, "socket_connect_timeout": 3.0},
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
CELERY_BROKER_URL = REDIS_URL
# Longer than a worker waits for its next message, which is a second.
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5.0, "socket_connect_timeout": 3.0}
CELERY_TASK_IGNORE_RESULT = True  # the rows are the truth
CELERY_TASK_DEFAULT_QUEUE = "default"
# "jobs" and "default" mostly wait, so that threads serve them; what computes for seconds would
# keep those threads, and the leases that they renew, waiting.
CELERY_TASK_ROUTES = {
    "agents.run_job": {"queue": "jobs"},
    "clusters.draft_plan": {"queue": "cpu"},
    "clusters.group": {"queue": "cpu"},
    "clusters.judge": {"queue": "default"},  # it may ask a model
    "clusters.refine": {"queue": "cpu"},
    "clusters.sweep": {"queue": "cpu"},
    "clusters.sync_due": {"queue": "default"},
    "clusters.sync": {"queue": "default"},
    # Milliseconds for each message: what was just sent does not wait until a grouping has ended.
    "clusters.read_intake": {"queue": "default"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A click does not wait long for a broker that is away: the row is found again.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
# How often forges are asked what became of pull requests: finds what no webhook told.
RECONCILE_SECONDS = env.int("SOULCASTER_RECONCILE_SECONDS", 180, validate=validate.Range(min=10))
# --- sources that are asked -------------------------------------------------------------------
# Seconds between the end of one fetch of a source and the next one.
SYNC_SECONDS = env.int("SOULCASTER_SYNC_SECONDS", 300, validate=validate.Range(min=30))
# Where Reddit is read.
REDDIT_URL = env.str(
    "SOULCASTER_REDDIT_URL", "https://www.reddit.com", validate=validate.URL(require_tld=False)
).rstrip("/")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "reap": {"task": "agents.reap", "schedule": schedule(10.0), "options": {"expires": 10}},
    "sweep": {"task": "clusters.sweep", "schedule": schedule(60.0), "options": {"expires": 60}},
    "rescore": {
        "task": "clusters.rescore",
        "schedule": schedule(900.0),
        "options": {"expires": 900},
    },
    "sync_due": {
        "task": "clusters.sync_due",
        "schedule": schedule(30.0),
        "options": {"expires": 30},
    },
    "sweep_draftings": {
        "task": "clusters.sweep_draftings",
        "schedule": schedule(20.0),
        "options": {"expires": 20},
    },
    "sweep_intake": {
        "task": "clusters.sweep_intake",
        "schedule": schedule(60.0),
        "options": {"expires": 60},
    },
    "tidy_intake": {
        "task": "clusters.tidy_intake",
        "schedule": schedule(86_400.0),
        "options": {"expires": 3600},
    },
    "sweep_deliveries": {
        "task": "agents.sweep_deliveries",
        "schedule": schedule(60.0),
        "options": {"expires": 60},
    },
    "reconcile": {
        "task": "agents.reconcile",
        "schedule": schedule(RECONCILE_SECONDS),
        "options": {"expires": RECONCILE_SECONDS},
    },
    "sweep_sandboxes": {
        "task": "agents.sweep_sandboxes",
        "schedule": schedule(300.0),
        "options": {"expires": 300},
    },
    "propose": {"task": "agents.propose", "schedule": schedule(60.0), "options": {"expires": 60}},
    "tidy": {
        "task": "agents.tidy",
        "schedule": schedule(86_400.0),
        "options": {"expires": 3600},
    },
}
# Workers tell by their own clocks whether a message is too old, and hosts disagree about the time:
# seconds more than a message is worth anything, so that nobody throws away all that the others send.
CLOCKS_DISAGREE = 900
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"]["expires"] += CLOCKS_DISAGREE

_positive = validate.Range(min=1)

# --- jobs --------------------------------------------------------------------------------------
CODING_AGENT_RUNNER = env.str("CODING_AGENT_RUNNER", "sandbox_kilo")
LEASE_SECONDS = env.int("SOULCASTER_LEASE_SECONDS", 30, validate=validate.Range(min=5))
# Jobs that one worker process works on at once; it should have some threads more.
JOBS_AT_ONCE = env.int("SOULCASTER_JOBS_AT_ONCE", 4, validate=_positive)
# What is over one of these waits, visibly: jobs of one project that run at once and that begin
# within an hour, and jobs of everybody that begin within a minute.
PROJECT_JOBS_AT_ONCE = env.int("SOULCASTER_PROJECT_JOBS_AT_ONCE", 2, validate=_positive)
PROJECT_JOBS_PER_HOUR = env.int("SOULCASTER_PROJECT_JOBS_PER_HOUR", 10, validate=_positive)
JOBS_PER_MINUTE = env.int("SOULCASTER_JOBS_PER_MINUTE", 100, validate=_positive)
# Attempts in all at a job that ends for a reason that passes, and the pause in seconds before the
# second one, which doubles with each.
ATTEMPTS = env.int("SOULCASTER_ATTEMPTS", 3, validate=_positive)
ATTEMPT_PAUSE = env.float("SOULCASTER_ATTEMPT_PAUSE", 20.0, validate=validate.Range(min=0))
# Seconds between two signs of life to pages that follow a log; they also see whether its viewers
# still may. A page that hears nothing for two and a half times as long connects again.
LOG_BEAT_SECONDS = env.float("SOULCASTER_LOG_BEAT_SECONDS", 20.0, validate=validate.Range(min=0.1))
# The launcher's process id: when it ends, every local sandbox ends.
ANCHOR_PID = env.int("SOULCASTER_ANCHOR", None)
# The transcript that the `scripted` agent replays.
TRANSCRIPT = env.path("SOULCASTER_TRANSCRIPT", BASE_DIR / "soulcaster/demo/transcripts/fix.json")
# What projects may name as a local repository: folders below these.
LOCAL_REPOSITORIES = env.list("SOULCASTER_LOCAL_REPOSITORIES", [], subcast=Path)
# Where `manage.py runner install` puts agents' programs.
AGENT_PROGRAMS = env.path("SOULCASTER_AGENT_PROGRAMS", HOME / "agents")
# The HTTP proxy that this machine reaches the internet by, when it cannot do so itself.
EGRESS_PROXY = env.str("SOULCASTER_EGRESS_PROXY", "")
# Folders of the host that local sandboxes may read, such as a shared package cache.
SANDBOX_READ_ONLY = env.list("SOULCASTER_SANDBOX_READ_ONLY", [], subcast=Path)
# How much disk the workers' copies of repositories may take, in GB of a thousand million bytes.
MIRROR_CACHE_GB = env.float("SOULCASTER_MIRROR_CACHE_GB", 20.0, validate=validate.Range(min=0))
# Handed to the set-up phase of a sandbox, never anything else of the worker's environment, and no
# names and passwords in addresses: strangers' code reads it there.
SETUP_ENVIRONMENT = {
    name: re.sub(r"(?<=://)[^/\s]*@", "", value)
    for name in (
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_CERT",
        "UV_INDEX_URL",
        "NPM_CONFIG_REGISTRY",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "NODE_EXTRA_CA_CERTS",
    )
    if (value := env.str(name, ""))
}

# --- models: the operator's keys; a person's own come first once stored ---------------------------
MODEL = env.str("SOULCASTER_MODEL", "")  # "provider:name", e.g. "anthropic:claude-sonnet-5"
MODEL_KEYS = {
    provider: env.str(f"{provider.upper()}_API_KEY", "")
    for provider in ("anthropic", "openai", "google", "openrouter")
}
MODEL_BASE_URLS = {
    provider: env.str(f"{provider.upper()}_BASE_URL", "").rstrip("/")
    for provider in ("anthropic", "openai", "google", "openrouter", "ollama")
}

# --- E2B: sandboxes in virtual machines of their own ---------------------------------------------
E2B_API_KEY = env.str("E2B_API_KEY", "")  # the operator's, for those who have none of their own
# What machines are made from: `manage.py sandbox_template build`.
E2B_TEMPLATE = env.str("E2B_TEMPLATE", "soulcaster")
# An installation of E2B of one's own; empty for their service.
E2B_DOMAIN = env.str("E2B_DOMAIN", "")
E2B_API_URL = env.str("E2B_API_URL", "")
E2B_SANDBOX_URL = env.str("E2B_SANDBOX_URL", "")

# --- GitHub (or a GitHub Enterprise server) ------------------------------------------------------
GITHUB_URL = env.str(
    "GITHUB_URL", "https://github.com", validate=validate.URL(require_tld=False)
).rstrip("/")
GITHUB_API_URL = env.str(
    "GITHUB_API_URL",
    "https://api.github.com" if GITHUB_URL == "https://github.com" else f"{GITHUB_URL}/api/v3",
    validate=validate.URL(require_tld=False),
).rstrip("/")
# The OAuth app that people sign in with; without it there is no button.
GITHUB_CLIENT_ID = env.str("GITHUB_CLIENT_ID", "").strip()
GITHUB_CLIENT_SECRET = env.str("GITHUB_CLIENT_SECRET", "").strip()
if bool(GITHUB_CLIENT_ID) != bool(GITHUB_CLIENT_SECRET):
    raise ImproperlyConfigured("Set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET together.")
GITHUB_SCOPES = env.list("GITHUB_SCOPES", ["repo", "read:user"])
# Who may sign in with GitHub: these people and the members of these; both empty means anybody.
GITHUB_ALLOWED_LOGINS: list[str] = env.list("GITHUB_ALLOWED_LOGINS", [])
GITHUB_ALLOWED_ORGANISATIONS: list[str] = env.list("GITHUB_ALLOWED_ORGANISATIONS", [])
_github = urlsplit(GITHUB_URL)

# --- stored keys ---------------------------------------------------------------------------------
# "id:base64,id:base64": the first one encrypts what people store, all of them decrypt.
ENCRYPTION_KEYS = env.str("SOULCASTER_KEYS", "").strip()
# Whether people may name an address of this machine's own network, such as an Ollama on it.
PRIVATE_ADDRESSES = env.bool("SOULCASTER_PRIVATE_ADDRESSES", False)
# Whether projects may open the whole network to a sandbox, which on this machine is the machine's
# own with all that listens on it, and whether they may run where nothing isolates.
OPEN_NETWORK = env.bool("SOULCASTER_OPEN_NETWORK", False)
UNISOLATED_RUNS = env.bool("SOULCASTER_UNISOLATED_RUNS", False)

# --- webhooks ------------------------------------------------------------------------------------
# One secret, or two with a comma while it is being changed: the new one and the old one.
GITHUB_WEBHOOK_SECRETS: list[str] = env.list(
    "GITHUB_WEBHOOK_SECRET",
    [],
    subcast=str.strip,
    validate=[validate.Length(max=2), validate.ContainsNoneOf([""])],
)

# --- sources that push ---------------------------------------------------------------------------
# Reports that one source may send in a minute; what is over it is answered with 429.
SOURCE_PER_MINUTE = env.int("SOULCASTER_SOURCE_PER_MINUTE", 6_000, validate=_positive)
# The largest message that a source may send, in bytes after it was decompressed.
SOURCE_LARGEST = env.int(
    "SOULCASTER_SOURCE_LARGEST", 4 * 1024 * 1024, validate=validate.Range(min=1024)
)
# Seconds that a web process remembers a source; so long a paused one may still be taken for open.
SOURCE_KNOWN_SECONDS = env.float(
    "SOULCASTER_SOURCE_KNOWN_SECONDS", 3.0, validate=validate.Range(min=0)
)

# --- API ---------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "credentials.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["credentials.authentication.ScopedAccess"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "soulcaster.parsers.FlatJSONParser",
        "rest_framework.parsers.MultiPartParser",
        "rest_framework.parsers.FormParser",
    ],
    "DEFAULT_PAGINATION_CLASS": "soulcaster.pagination.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "soulcaster.errors.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["soulcaster.throttling.PatientThrottle"],
    "DEFAULT_THROTTLE_RATES": {"user": env.str("SOULCASTER_API_RATE", "1200/min")},
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Soulcaster API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobKind": "agents.models.jobs.Job.Kind",
        "JobStatus": "agents.models.jobs.Job.Status",
        "ExecutionStatus": "agents.models.jobs.Execution.Status",
        "StepStatus": "agents.models.jobs.Step.Status",
        "ReceiptKind": "agents.models.receipts.Receipt.Kind",
        "ReceiptStatus": "agents.models.receipts.Receipt.Status",
        "ProjectNetwork": "clusters.models.projects.Project.Network",
        "ClusterStatus": "clusters.models.feedback.Cluster.Status",
    },
}

# --- security ----------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        # Browsers hold redirects against this too: the sign-in form leads on to GitHub.
        "form-action": [
            SELF,
            *([f"{_github.scheme}://{_github.netloc}"] if GITHUB_CLIENT_ID else []),
        ],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", False)
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 22 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- files, language, time -----------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", None)  # only for who collects static files for a proxy
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # no build step and no collectstatic needed on the embedded default
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = HOME / "media"
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- logs --------------------------------------------------------------------------------------
_shared: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
structlog.configure(
    processors=[
        *_shared,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.dev.ConsoleRenderer(colors=False)
            if DEBUG
            else structlog.processors.JSONRenderer(),
            "foreign_pre_chain": [*_shared, structlog.processors.format_exc_info],
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "structured"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "daphne": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "github": {"level": "WARNING"},  # at DEBUG it would print whole answers
        "httpx2": {"level": "WARNING"},
    },
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True
