"""What users of a calendar said: three defects, and remarks that have nothing to do with them."""

from __future__ import annotations

from clusters.describing.base import Report

# (label, title, body); the label is what a person would sort the report under.
REPORTS: tuple[tuple[str, str, str], ...] = (
    (
        "reminder",
        "Reminders one hour late",
        "Since the clocks changed every reminder comes an hour late.",
    ),
    (
        "export",
        "PDF export cuts off the last week",
        "Exporting the month to PDF drops the last row.",
    ),
    ("noise", "Love the new icons", "Just wanted to say the redesign looks great."),
    (
        "reminder",
        "Wrong reminder time after daylight saving",
        "My 9:00 reminder went off at 10:00 today.",
    ),
    (
        "login",
        "Stuck in a login loop",
        "After I reset my password it sends me back to the login page.",
    ),
    (
        "export",
        "Last row missing in exported PDF",
        "The printed month ends on the 26th, the rest is cut.",
    ),
    (
        "reminder",
        "Late notifications",
        "Notifications are an hour off since Sunday when daylight saving began.",
    ),
    (
        "noise",
        "Do you offer student discounts?",
        "I am at a university and the yearly price is steep.",
    ),
    (
        "login",
        "Can't sign in since password reset",
        "I type the new password and land on the login page again.",
    ),
    (
        "export",
        "Month view PDF incomplete",
        "A PDF of March misses the final week, on A4 and Letter.",
    ),
    (
        "login",
        "Login page keeps coming back",
        "Reset my password, logged in, got the login page once more.",
    ),
    (
        "reminder",
        "Reminder too late",
        "The reminder for my meeting popped up an hour late, clocks just changed.",
    ),
    ("noise", "Add a Norwegian translation", "Happy to help with translating the menus."),
    (
        "export",
        "Exported calendar loses days",
        "When I export to PDF the days after the 27th are gone.",
    ),
    (
        "login",
        "Password reset does not stick",
        "Reset twice. Each time I log in it asks me to log in again.",
    ),
    (
        "reminder",
        "DST bug",
        "Alarms and reminders did not follow the daylight saving change, all off by one hour.",
    ),
    ("noise", "Where is the invoice?", "My accountant wants last year's receipts."),
    (
        "login",
        "Endless redirect to login",
        "New password accepted, then redirected to the login page forever.",
    ),
    ("export", "pdf missing final week", "The final week of the month is not in the PDF export."),
    (
        "reminder",
        "Meeting reminder came after the meeting",
        "It came an hour late because of summer time.",
    ),
    (
        "noise",
        "Scrolling feels slow on my old tablet",
        "It takes a while until the year view draws.",
    ),
    ("export", "Printing to PDF", "The bottom row of the month is cut off when I print or export."),
    (
        "login",
        "Logged out immediately",
        "I reset the password, log in and I am back on the sign in page.",
    ),
    (
        "reminder",
        "Time of reminders wrong",
        "Reminders show the right hour but fire one hour late.",
    ),
    ("noise", "Keyboard shortcut for next month", "Would be nice to page with the arrow keys."),
    ("export", "Export is cut", "PDF export of a month with six weeks cuts the sixth week."),
    (
        "login",
        "Cannot log in with new password",
        "After the reset mail I set a password, login loops.",
    ),
    ("noise", "Import from Outlook?", "Is there a guide for moving ten years of appointments?"),
    (
        "noise",
        "Colours hard to tell apart",
        "Work and family look the same to me, I am colour blind.",
    ),
    (
        "reminder",
        "Push arrives late",
        "Push reminder arrives one hour after the event since the time change.",
    ),
)

ITEMS = tuple(Report(number, title, body) for number, (_, title, body) in enumerate(REPORTS, 1))
LABELS = {number: label for number, (label, _, _) in enumerate(REPORTS, 1)}
