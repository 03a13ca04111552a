"""Where the API is. Its endpoints find out themselves who asks; its documentation is for people."""

from typing import Any, cast

from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, path

from watchkeeper.api.application import make

_patterns, _app, _namespace = make().urls
for _pattern in _patterns:
    if isinstance(_pattern, URLPattern) and _pattern.name != "openapi-view":
        login_not_required(cast("Any", _pattern.callback))

urlpatterns = [path("api/v1/", (_patterns, _app, _namespace))]
