"""Tests of the permanent addresses."""

import pytest
from django.conf import LazySettings
from django.urls import reverse, set_script_prefix
from django.utils import translation

from claims.record import imprint


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("own", ["en", "es"])
def test_an_address_is_in_the_site_s_own_language_whatever_the_reader_s(
    settings: LazySettings, own: str, language: str
) -> None:
    settings.SITE_URL, settings.LANGUAGE_CODE = "https://check.example", own
    with translation.override(own):
        page, version = reverse("claims:detail", args=["bridge"]), reverse("claims:revision", args=["bridge", 2])
    with translation.override(language):
        assert imprint.claim_address("bridge") == f"https://check.example{page}"
        assert imprint.version_address("bridge", 2) == f"https://check.example{version}"
        assert imprint.address("claims:detail", "bridge") == imprint.claim_address("bridge")


def test_addresses_include_the_script_prefix() -> None:
    set_script_prefix("/facts/")
    try:
        assert imprint.claim_address("bridge").endswith("/facts/claims/bridge/")
    finally:
        set_script_prefix("/")
    assert imprint.claim_address("bridge").endswith(":8000/claims/bridge/")
