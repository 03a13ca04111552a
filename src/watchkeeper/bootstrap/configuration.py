"""Django's settings, made of ours."""

from collections.abc import Mapping
from typing import Any

from watchkeeper.ledger import database as database_entry
from watchkeeper.ledger.cluster import Place
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.installation import Installation
from watchkeeper.settings import Settings

_SESSION_SECONDS = 12 * 3600


def django_configuration(
    settings: Settings, folder: DataFolder, installation: Installation, *, collects: bool = False
) -> dict[str, Any]:
    """Django's settings, from ours."""
    if settings.database_url:
        parameters = database_entry.url_parameters(settings.database_url)
    else:
        parameters = Place(folder).parameters()
    return {
        "WATCHKEEPER": installation,
        "SECRET_KEY": folder.secret("django.key"),
        "DEBUG": False,
        "ALLOWED_HOSTS": list(settings.allowed_hosts),
        "INSTALLED_APPS": _APPS,
        "MIDDLEWARE": [
            "watchkeeper.access.headers.Headers",
            "watchkeeper.api.problems.Problems",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "watchkeeper.web.outdated.SignedIn",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
        ],
        "ROOT_URLCONF": "watchkeeper.bootstrap.urls",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "DATABASES": {"default": database_entry.django_database(parameters)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "PROCRASTINATE_IMPORT_PATHS": ["watchkeeper.jobs.tasks"],
        "LOGGING": _logging(),
        **_people(),
        **_protection(settings),
        "FILE_UPLOAD_TEMP_DIR": folder.uploads,
        **_static(folder, collects=collects),
    }


_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",  # its documentation pages' files are served from here, not from elsewhere
    "procrastinate.contrib.django",
    "watchkeeper.ledger",
    "watchkeeper.access",
    "watchkeeper.web",
]


def _people() -> dict[str, Any]:
    """Accounts and passwords."""
    validation = "django.contrib.auth.password_validation"
    return {
        "AUTH_USER_MODEL": "access.Person",
        "LOGIN_URL": "access:sign_in",
        "LOGIN_REDIRECT_URL": "/",
        "LOGOUT_REDIRECT_URL": "access:sign_in",
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"{validation}.UserAttributeSimilarityValidator"},
            {"NAME": f"{validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": f"{validation}.CommonPasswordValidator"},
        ],
    }


def _protection(settings: Settings) -> dict[str, Any]:
    """Cookies and headers; over https, cookies never travel without it."""
    return {
        "SESSION_COOKIE_NAME": "watchkeeper_session",
        "SESSION_COOKIE_AGE": _SESSION_SECONDS,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "CSRF_COOKIE_NAME": "watchkeeper_csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": settings.secure,
        "CSRF_FAILURE_VIEW": "watchkeeper.web.outdated.outdated",
        "CSRF_TRUSTED_ORIGINS": [settings.public_url] if settings.public_url else [],
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1_000_000,
        "FILE_UPLOAD_HANDLERS": ["watchkeeper.access.uploads.ListUpload"],
    }


def _static(folder: DataFolder, *, collects: bool) -> dict[str, Any]:
    """Static files: collected and named by their content; before that, as packages have them."""
    collected = (folder.static / "staticfiles.json").exists()
    storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    return {
        "STATIC_URL": "/static/",
        "STATIC_ROOT": folder.static,
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {
                "BACKEND": storage
                if collected or collects
                else "django.contrib.staticfiles.storage.StaticFilesStorage"
            },
        },
        "WHITENOISE_USE_FINDERS": not collected,
        # Pages name files by their content only; compressing the others, too, takes half a second.
        "WHITENOISE_KEEP_ONLY_HASHED_FILES": True,
    }


def _logging() -> Mapping[str, Any]:
    """Warnings and worse to standard error; what was asked for (with its query) is not logged."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["terminal"], "level": "WARNING"},
    }
