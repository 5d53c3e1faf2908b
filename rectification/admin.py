"""The settings of an inspection and the working calendar. Nothing with a state is edited here."""

from django.contrib import admin

from accounts.admin import GrantedAdmin
from accounts.models import Role
from rectification.models import FindingArea, Inspection, ReviewStage, Workday


class SettingInline(admin.TabularInline):
    """Rows of the inspection's settings, for whoever may open the inspection; never deleted."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return True

    has_add_permission = has_change_permission = has_view_permission


class StageInline(SettingInline):
    model = ReviewStage
    max_num = 5


class AreaInline(SettingInline):
    model = FindingArea
    max_num = 30


@admin.register(Inspection)
class InspectionAdmin(GrantedAdmin):
    keeper = Role.SYSTEM_ADMIN
    list_display = ("name", "code", "inspected_unit", "feedback_date", "dispatch_anchor")
    list_select_related = ("inspected_unit",)
    inlines = (StageInline, AreaInline)

    def get_readonly_fields(self, request, obj=None):
        return ("code",) if obj else ()

    def subject_code(self, obj):
        """The code, as everywhere: under its number an inspection's story would fall apart."""
        return obj.code if isinstance(obj, Inspection) else super().subject_code(obj)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        ReviewStage.objects.set_up(form.instance)


@admin.register(Workday)
class WorkdayAdmin(GrantedAdmin):
    keeper = Role.SYSTEM_ADMIN
    list_display = ("day", "is_working", "name")
    list_filter = ("is_working",)
    date_hierarchy = "day"
