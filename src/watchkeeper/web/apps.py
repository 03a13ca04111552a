"""The pages as Django knows them."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The app `web`: templates, styles and template tags; no tables."""

    name = "watchkeeper.web"
    label = "web"
    verbose_name = "Web"
