from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("claims.api.urls")),
    path("", include("claims.file_urls")),
    *i18n_patterns(path("", include("claims.urls")), prefix_default_language=False),
]

handler400 = "factcheck.core.errors.bad_request"
handler500 = "factcheck.core.errors.server_error"
