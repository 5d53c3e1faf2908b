from django.urls import URLPattern, path

from reports.views import dashboards, drafts, importing, public

app_name = "reports"
urlpatterns: list[URLPattern] = [
    path("", public.public_list, name="public_list"),
    path("reports/<slug:slug>/", public.publication, name="publication"),
    path("reports/<slug:slug>/v/<int:number>/", public.publication, name="publication_version"),
    path(
        "reports/<slug:slug>/v/<int:number>/download/<slug:form>/",
        public.publication_download,
        name="publication_download",
    ),
    path("i/<slug:inspection>/reports/", drafts.draft_list, name="draft_list"),
    path("i/<slug:inspection>/reports/new/", drafts.draft_new, name="draft_new"),
    path("i/<slug:inspection>/reports/<slug:slug>/", drafts.draft_detail, name="draft_detail"),
    path("i/<slug:inspection>/reports/<slug:slug>/title/", drafts.draft_title, name="draft_title"),
    path(
        "i/<slug:inspection>/reports/<slug:slug>/sections/<int:order>/",
        drafts.draft_section,
        name="draft_section",
    ),
    path(
        "i/<slug:inspection>/reports/<slug:slug>/publish/",
        drafts.draft_publish,
        name="draft_publish",
    ),
    path("i/<slug:inspection>/dashboard/", dashboards.dashboard, name="dashboard"),
    path(
        "i/<slug:inspection>/dashboard/measures/<slug:key>/",
        dashboards.measure_figure,
        name="measure_figure",
    ),
    path(
        "i/<slug:inspection>/dashboard/problems/<slug:key>/",
        dashboards.problem_figure,
        name="problem_figure",
    ),
    path("i/<slug:inspection>/dashboard/outcomes/", dashboards.outcome_list, name="outcome_list"),
    path("i/<slug:inspection>/dashboard/returns/", dashboards.return_list, name="return_list"),
    path(
        "i/<slug:inspection>/dashboard/extensions/",
        dashboards.extension_list,
        name="extension_list",
    ),
    path("import/report/", importing.report_import, name="report_import"),
    path("import/report/confirm/", importing.report_confirm, name="report_confirm"),
]
