"""The admin site: units, people and roles, each for its administrator alone.

No administrator sees business data; nothing here can be deleted; every change is in the journal,
which the audit administrator reads on a page of its own.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField
from django.utils import timezone

from accounts import deputies, journal, opened
from accounts.models import Deputy, Role, RoleAssignment, Unit, User
from accounts.rights import rights_of

admin.site.unregister(Group)


class GrantedAdmin(admin.ModelAdmin):
    """May be opened by holders of `keeper` alone; records each change in the journal."""

    keeper: Role

    def has_module_permission(self, request):
        return rights_of(request.user).holds(self.keeper) if request.user.pk else False

    def has_view_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_add_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_change_permission(self, request, obj=None):
        return self.has_module_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_object(self, request, object_id, from_field=None):
        """Of an address with an empty `_to_field` Django makes an error; here it is left out."""
        return super().get_object(request, object_id, from_field or None)

    def history_view(self, request, object_id, extra_context=None):
        """Asks who may before it looks: else another administrator learns which rows exist."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        self.record(request, obj, form, change=change)

    def save_formset(self, request, form, formset, change):
        super().save_formset(request, form, formset, change)
        changed = [row for row, _ in formset.changed_objects]
        for each in formset.forms:
            if each.instance in changed or each.instance in formset.new_objects:
                self.record(request, each.instance, each, change=each.instance in changed)

    def record(self, request, obj, form, *, change):
        """One journal entry for a saved row: the changed fields before and after, no passwords."""
        names = [name for name in form.changed_data if "password" not in name]
        act = journal.Act(
            "amend" if change else "enter",
            obj._meta.model_name,
            self.subject_code(obj),
            {name: _shown(form, name, form.initial.get(name)) for name in names},
            {name: _shown(form, name, form.cleaned_data.get(name)) for name in names},
        )
        journal.append(act, by=request.user, at=timezone.now())

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        """Refuse a save of what somebody else saved after it was opened: 409, both values shown."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if row is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        with transaction.atomic():
            request.late, token = None, ""
            if request.method == "POST":
                row = self.model._default_manager.select_for_update(no_key=True).get(pk=row.pk)
                token = request.POST.get("_opened", "")
                rows = self._opened(request, row)
                request.late = opened.late(rows, token=token, typed=_typed(request.POST, rows))
            if request.method != "POST" or request.late:
                token = opened.sign(self._opened(request, row))
            more = {**(extra_context or {}), "opened": token, "conflict": request.late}
            answer = super().changeform_view(request, object_id, form_url, more)
        if request.late:
            answer.status_code = 409
        return answer

    def get_form(self, request, obj=None, change=False, **kwargs):
        """A form that came too late is wrong as a whole: it is shown again and nothing is saved."""
        form = super().get_form(request, obj, change=change, **kwargs)
        late = getattr(request, "late", None)
        return _refusing(form, late.sentence) if late else form

    def _opened(self, request, row):
        """The row as a form shows it, and those that are edited with it."""
        shown = flatten_fieldsets(self.get_fieldsets(request, row))
        rows = [opened.Opened(row, _columns(self.model, among=shown))]
        for formset, inline in self.get_formsets_with_inlines(request, row):
            prefix = formset.get_default_prefix()
            columns = _columns(inline.model, without=formset.fk.name)
            related = inline.model._default_manager.filter(**{formset.fk.name: row})
            rows += [
                opened.Opened(each, columns, f"{prefix}/{each.pk}")
                for each in related.order_by("pk")
            ]
        return rows

    def subject_code(self, obj):
        """How the journal names the row, or a row in one of its inlines."""
        return str(obj.pk)

    def log_addition(self, request, obj, message):
        """The journal is the record; Django's own log would be a second one."""

    def log_change(self, request, obj, message):
        """See log_addition."""


def _columns(model, *, among=None, without=""):
    """The columns that a form edits; the password has a page of its own."""
    names = [field.name for field in model._meta.concrete_fields if field.editable]
    return tuple(
        name
        for name in names
        if name not in {"password", "id", without} and (among is None or name in among)
    )


def _typed(data, rows):
    """What was sent for each row, by column; nothing of columns that the form does not send."""
    prefixes = {"": ""}
    for name, value in data.items():
        if name.endswith("-id"):
            prefix = name.removesuffix("id")
            prefixes[f"{prefix.split('-')[0]}/{value}"] = prefix
    typed = {}
    for each in rows:
        prefix = prefixes.get(each.key)
        names = each.columns if prefix is not None else ()
        sent = {name: _sent(each.field(name), data, f"{prefix}{name}") for name in names}
        typed[each.key] = {name: value for name, value in sent.items() if value is not None}
    return typed


def _sent(field, data, name):
    """The text of a control; of a box that nobody ticked a browser sends nothing."""
    return str(name in data) if isinstance(field, BooleanField) else data.get(name)


def _refusing(form, sentence):
    class Refusing(form):  # type: ignore[valid-type, misc]  # made by Django for the model
        def clean(self):
            cleaned = super().clean()
            self.add_error(None, sentence)
            return cleaned

    return Refusing


def _shown(form, name, value):
    """A value of a form in words: a row that is chosen by its key under its own name."""
    rows = getattr(form.fields.get(name), "queryset", None)
    if rows is not None and value and not hasattr(value, "pk"):
        value = rows.filter(pk=value).first()
    return "" if value is None else str(value)


@admin.register(Unit)
class UnitAdmin(GrantedAdmin):
    keeper = Role.SYSTEM_ADMIN
    list_display = ("name", "short_name", "kind", "parent", "order", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "short_name")
    list_select_related = ("parent",)
    fields = ("name", "short_name", "kind", "parent", "order", "is_active")

    def get_readonly_fields(self, request, obj=None):
        return ("parent",) if obj else ()

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        if not change:
            obj.path = f"{obj.parent.path if obj.parent else '/'}{obj.pk}/"
            obj.save(update_fields=["path"])


@admin.register(User)
class PersonAdmin(GrantedAdmin, UserAdmin):
    keeper = Role.SYSTEM_ADMIN
    list_display = ("name", "username", "unit", "position", "is_active", "last_login")
    list_filter = ("is_active", "unit")
    search_fields = ("name", "username")
    list_select_related = ("unit",)
    ordering = ("unit__order", "pk")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("人员", {"fields": ("name", "unit", "position", "email")}),
        ("登录", {"fields": ("is_active",)}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "name", "unit", "position", "password1", "password2")}),
    )

    def user_change_password(self, request, id, form_url=""):
        """Django's view for a new password, which does not save through `save_model`."""
        with transaction.atomic():
            return super().user_change_password(request, id, form_url)

    def log_change(self, request, obj, message):
        """The one word that the view above says of what it did; other changes are recorded."""
        if request.resolver_match.url_name == "auth_user_password_change":
            act = journal.Act("set_password", "user", str(obj.pk))
            journal.append(act, by=request.user, at=timezone.now())


class RoleAssignmentForm(forms.ModelForm):
    """A role counts from the moment it is given until it is ended: no day of it lies ahead."""

    def clean(self):
        today = timezone.localdate()
        for name in ("started_on", "ended_on"):
            if (day := self.cleaned_data.get(name)) and day > today:
                self.add_error(name, "不能填将来的日期，请到那一天再办理。")
        return super().clean()


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(GrantedAdmin):
    keeper = Role.SECURITY_ADMIN
    form = RoleAssignmentForm
    list_display = ("user", "role", "unit", "started_on", "ended_on")
    list_filter = ("role", "unit")
    search_fields = ("user__name", "user__username")
    list_select_related = ("user", "unit")
    fields = ("user", "role", "unit", "started_on", "ended_on")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        """Nobody gives a role to themselves."""
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.exclude(pk=request.user.pk).order_by("unit", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        return ("user", "role", "unit", "started_on") if obj else ()


@admin.register(Deputy)
class DeputyAdmin(GrantedAdmin):
    """Who acts for whom: given by the principal, seen and ended here."""

    keeper = Role.SECURITY_ADMIN
    list_display = ("principal", "deputy", "from_on", "until_on", "why", "ended_at", "ended_by")
    list_filter = ("from_on",)
    search_fields = ("principal__name", "deputy__name")
    list_select_related = ("principal", "deputy", "ended_by")
    actions = ("end",)

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    @admin.action(description="结束所选的代理")
    def end(self, request, queryset):
        for row in queryset:
            try:
                deputies.end(row, by=request.user, at=timezone.now())
            except deputies.DeputyRefused as refusal:
                self.message_user(request, f"{row}：{refusal}", messages.ERROR)
            else:
                self.message_user(request, f"{row}已结束。", messages.SUCCESS)
