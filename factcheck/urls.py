from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from factcheck.accounts.views import OwnPasswordView, SetPasswordView, sign_in

urlpatterns = [
    path("admin/set-password/<uidb64>/<token>/", SetPasswordView.as_view(), name="set_password"),
    path("admin/login/", sign_in),
    path("admin/password_change/", OwnPasswordView.as_view()),
    path("admin/", admin.site.urls),
    path("api/", include("claims.outlets.api.urls")),
    path("", include("claims.outlets.urls")),
    *i18n_patterns(path("", include("claims.urls")), prefix_default_language=False),
]

handler400 = "factcheck.core.web.errors.bad_request"
handler500 = "factcheck.core.web.errors.server_error"
