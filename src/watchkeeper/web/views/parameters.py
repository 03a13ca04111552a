"""Setting a parameter of a control: what it may be, what it would break, who changed it before."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from watchkeeper.access.roles import Action, may
from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.jobs.stating import Actor, set_parameter
from watchkeeper.model.control import Control, Scalar
from watchkeeper.queries.thresholds import Threshold, thresholds
from watchkeeper.web.decision_forms import ParameterForm
from watchkeeper.web.page import Setting, link, nothing_connected, page, setting


@require_http_methods(["GET", "POST"])
@page()
def parameter(request: HttpRequest, identity: str, name: str) -> HttpResponse:
    """One parameter; what is posted sets it, or with `default` gives the page's value back."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    control, threshold = _threshold(found, identity, name)
    allowed = may(request.user, Action.SET)
    if request.method == "POST" and not allowed:
        raise PermissionDenied(f"Your role does not allow this ({Action.SET.value}).")
    back = "default" in request.POST
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and back:
        data["value"] = json.dumps(threshold.parameter.default).strip('"')
    form = ParameterForm(data, threshold=threshold)
    broken: tuple[Any, ...] = ()
    if data is not None and form.is_valid():
        value: Scalar = form.cleaned_data["value"]
        met = set(threshold.requirements) - set(threshold.broken_now)
        broken = tuple(each for each in threshold.broken(value) if each in met)
        if not broken or form.cleaned_data["anyway"]:
            if _set(request, found, form, control, threshold, None if back else value):
                return redirect(link(found, "control", control.id) + "#parameters-title")
            broken = ()
    context = {
        "control": control,
        "threshold": threshold,
        "form": form,
        "broken": broken,
        "back": back,
        "may_set": allowed,
    }
    answer = found.show(request, "web/parameter.html", context)
    answer.status_code = 422 if form.is_bound else 200
    return answer


def _set(
    request: HttpRequest,
    found: Setting,
    form: ParameterForm,
    control: Control,
    threshold: Threshold,
    value: Scalar | None,
) -> bool:
    """Whether it was set; if not, the form says why."""
    person = request.user.get_username()
    name = threshold.parameter.name
    try:
        set_parameter(
            found.locker,
            found.connection.name,
            Actor(person, person),
            control,
            name,
            value,
            form.cleaned_data["reason"],
        )
    except UsageError as error:
        form.add_error("value", str(error))
        return False
    told = "its default again" if value is None else json.dumps(value)
    messages.success(request, f"{name} of {control.id} is {told}; the control is judged again.")
    return True


def _threshold(found: Setting, identity: str, name: str) -> tuple[Control, Threshold]:
    control = catalogue().get(identity)
    if control is None:
        raise Http404("There is no such control.")
    for each in thresholds(found.locker, found.connection.id, control):
        if each.parameter.name == name:
            return control, each
    raise Http404(f"{control.id} has no such parameter.")
