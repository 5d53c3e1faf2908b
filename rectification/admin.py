"""The settings of an inspection and the working calendar. Nothing with a state is edited here."""

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import BaseInlineFormSet
from django.utils import timezone

from accounts.admin import GrantedAdmin
from accounts.models import Role
from rectification import calendar_keeping, moving, scheduling
from rectification.models import FindingArea, Inspection, ReviewStage, Rung, Workday
from rectification.rhythm_forms import INTERVAL

FEWEST_STAGES, MOST_STAGES = 2, 5


class SettingInline(admin.TabularInline):
    """Rows of the inspection's settings, for whoever may open the inspection; never deleted."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return True

    has_add_permission = has_change_permission = has_view_permission


class StageFormSet(BaseInlineFormSet):
    """Two to five stages, each at a place of its own; a new inspection may leave them to us."""

    def clean(self):
        rows = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        orders = [row.get("order") for row in rows]
        if len(orders) != len(set(orders)):
            raise ValidationError("审核环节的顺序不能重复，请从1起依次编号。")
        is_new = self.instance._state.adding
        if (rows or not is_new) and not FEWEST_STAGES <= len(rows) <= MOST_STAGES:
            raise ValidationError(f"审核环节要设两到五级，现在有{len(rows)}级，请增减后再保存。")
        super().clean()


class StageInline(SettingInline):
    model = ReviewStage
    formset = StageFormSet
    max_num = MOST_STAGES


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

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """The interval is refused in the same words as on the page of the rhythm."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "dispatch_every_days":
            names = ("required", "invalid", "min_value", "max_value")
            field.error_messages.update(dict.fromkeys(names, INTERVAL))
        return field

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """A changed rhythm may open a round, and measures are held before the inspection."""
        with transaction.atomic():
            row = self.get_object(request, unquote(object_id)) if object_id else None
            if row and request.method == "POST":
                moving.hold_all(row)
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request, obj, form, change):
        """A changed rhythm goes on from the rounds that are there, as on its own page."""
        if change and {*scheduling.SETTINGS} & {*form.changed_data}:
            held = Inspection.objects.get(pk=obj.pk)  # held by `changeform_view`
            scheduling.apply(held, scheduling.settings_of(obj), at=timezone.now())
            obj.dispatch_first_number = held.dispatch_first_number
            obj.dispatch_version = held.dispatch_version
        super().save_model(request, obj, form, change)

    def subject_code(self, obj):
        """The code, as everywhere: under its number an inspection's story would fall apart."""
        return obj.code if isinstance(obj, Inspection) else super().subject_code(obj)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        ReviewStage.objects.set_up(form.instance)
        Rung.objects.set_up(form.instance)


@admin.register(Workday)
class WorkdayAdmin(GrantedAdmin):
    keeper = Role.SYSTEM_ADMIN
    list_display = ("day", "is_working", "name")
    list_filter = ("is_working",)
    date_hierarchy = "day"

    def save_model(self, request, obj, form, change):
        """The year has a version, by which its page at 工作日历 notices this change."""
        super().save_model(request, obj, form, change)
        years = {obj.day.year, *(day.year for day in (form.initial.get("day"),) if day)}
        for year in years:
            calendar_keeping.touch(year, by=request.user, at=timezone.now())
