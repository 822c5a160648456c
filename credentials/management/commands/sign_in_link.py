"""Print a link that signs a person in once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from credentials.models import User
from credentials.services import sign_in, teams


class Command(BaseCommand):
    help = "Print a one-time sign-in link, making the account at first need."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument(
            "--operator", action="store_true", help="The account may use the admin."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user, created = User.objects.get_or_create(username=options["username"])
        if created:
            user.set_unusable_password()
        if options["operator"]:
            user.is_staff = user.is_superuser = True
        user.save()
        teams.personal_team(user)
        self.stdout.write(settings.SITE_URL + sign_in.create_link(user))
