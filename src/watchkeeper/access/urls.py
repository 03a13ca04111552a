"""Where signing in and out are; the pages include this at their root."""

from django.urls import path

from watchkeeper.access import key_views, views

app_name = "access"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("password/", views.ChangePassword.as_view(), name="password"),
    path("access-keys/", key_views.access_keys, name="keys"),
    path("access-keys/<int:key>/revoke/", key_views.revoke, name="key_revoke"),
    path("alive/", views.alive, name="alive"),
]
