from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("claims.urls")),
]

handler400 = "factcheck.core.errors.bad_request"
handler500 = "factcheck.core.errors.server_error"
