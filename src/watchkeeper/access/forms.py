"""The form people sign in with."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm

from watchkeeper.access import throttle
from watchkeeper.ledger.installation import installation


class SignInForm(AuthenticationForm):
    """Name and password; refuses without looking at the password after too many tries."""

    error_messages = {  # noqa: RUF012 - Django's own way
        "invalid_login": "This name and password do not belong together.",
        "inactive": "This account is switched off. Ask an admin.",
        "throttled": "Too many tries. Wait fifteen minutes and try again.",
    }

    def clean(self) -> dict[str, Any]:
        """The signed-in person in `get_user()`, or one error that does not say what was wrong."""
        name = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if not name or not password:
            return self.cleaned_data
        address = self.request.META.get("REMOTE_ADDR") or None if self.request else None
        if not throttle.attempt(name, address, installation().clock.now()):
            raise forms.ValidationError(self.error_messages["throttled"], code="throttled")
        self.user_cache = authenticate(self.request, username=name, password=password)
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)
        throttle.succeeded(name, address)
        return self.cleaned_data
