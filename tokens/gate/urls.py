"""Where gateways ask for a verdict; answers at the root and under ``/api``."""

from django.urls import path

from tokens.gate.views import validate

urlpatterns = [path("tokens/validate", validate, name="validate")]
