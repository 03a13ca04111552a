"""Every address of the product: the pages, and the API beside them."""

from django.urls import include, path

from watchkeeper.web.views import faults

urlpatterns = [
    path("", include("watchkeeper.api.urls")),
    path("", include("watchkeeper.web.urls")),
]

handler400 = faults.bad_request
handler403 = faults.forbidden
handler404 = faults.not_found
handler500 = faults.broken
