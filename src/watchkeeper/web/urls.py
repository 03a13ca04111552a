"""Every address of the pages."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from watchkeeper.web.registers import KINDS
from watchkeeper.web.views import (
    collections,
    connections,
    controls,
    decisions,
    devices,
    findings,
    frameworks,
    list_sources,
    lists,
    overview,
    parameters,
    policies,
    registers,
    requesting,
    threats,
)


class Identity(StringConverter):
    """An id of a console's: whatever the console sends, a slash and line breaks too."""

    regex = r"[\s\S]+?"


register_converter(Identity, "identity")
_connection = "connections/<str:name>/"

pages = [
    path("", overview.overview, name="overview"),
    path("collect/", overview.collect, name="collect"),
    path("connections/", connections.connections, name="connections"),
    path("connections/new/", connections.new, name="connection_new"),
    path("connections/new/test/", connections.try_out, name="connection_test"),
    path(_connection, connections.connection, name="connection"),
    path(_connection + "edit/", connections.edit, name="connection_edit"),
    path(_connection + "edit/test/", connections.try_out, name="connection_test"),
    path(_connection + "collect/", connections.collect, name="connection_collect"),
    path(_connection + "runs/<int:run>/", connections.run, name="run"),
    path(_connection + "pause/", connections.pause, name="connection_pause"),
    path(_connection + "remove/", connections.remove, name="connection_remove"),
    path("controls/<str:identity>/", controls.control, name="control"),
    path("controls/<str:identity>/left/", findings.left, name="left"),
    path("frameworks/", frameworks.frameworks, name="frameworks"),
    path("frameworks/<slug:slug>/", frameworks.framework, name="framework"),
    path("controls/<str:identity>/parameters/<str:name>/", parameters.parameter, name="parameter"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/exceptions/new/", requesting.exception, name="exception_new"),
    path("decisions/attestations/new/", requesting.attestation, name="attestation_new"),
    path("decisions/scope-rules/new/", requesting.scope_rule, name="scope_rule_new"),
    path("decisions/<str:identity>/", decisions.decision, name="decision"),
    path("findings/", findings.findings, name="findings"),
    path("findings/as-of/", findings.as_of, name="as_of"),
    path("lists/", lists.lists, name="lists"),
    path("lists/new/", lists.upload, name="list_new"),
    path("lists/remove/", lists.remove, name="list_remove"),
    path("lists/sources/new/", list_sources.new, name="list_source_new"),
    path("lists/sources/<int:source>/", list_sources.source, name="list_source"),
    path("lists/sources/<int:source>/edit/", list_sources.edit, name="list_source_edit"),
    path("lists/sources/<int:source>/remove/", list_sources.remove, name="list_source_remove"),
    path("lists/read/<str:key>/", lists.read, name="list_read"),
    path("collections/", collections.collections, name="collections"),
    path("collections/<uuid:identity>/", collections.collection, name="collection"),
    path("devices/", devices.devices, name="devices"),
    path("devices/<identity:agent>/refresh/", devices.refresh, name="refresh"),
    path("devices/<identity:agent>/", devices.device, name="device"),
    path("policies/tree/", policies.tree, name="policy_tree"),
    path("policies/<identity:identity>/", policies.policy, name="policy"),
    path("threats/", threats.threats, name="threats"),
    path("threats/<identity:identity>/", threats.threat, name="threat"),
]
for name, kind in KINDS.items():
    given = {"kind": name}
    one = f"{name}/<identity:identity>/"
    pages.append(path(f"{name}/", registers.register, given, name=kind.page))
    if kind.record_page != "policy":
        pages.append(path(one, registers.one, given, name=kind.record_page))

urlpatterns = [
    path("", include("watchkeeper.access.urls")),
    path("", include((pages, "web"))),
]
