"""Work: tasks, tickets, projects, leave requests, time sheets and payroll."""

import datetime as dt
from statistics import mean, median
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, Fake, Pick, Size, tool

Todo = Annotated[str, Pick(
    "update the price list", "translate the user manual", "fix the login page", "prepare the trade fair "
    "booth",
    "order new chairs", "write the release notes", "clean up the mailing list", "interview two candidates",
    "draft the annual budget", "test the backup generator", "renew the software licences", "photograph the "
    "new products",
    "migrate the wiki", "check the fire extinguishers", "compile the survey results", "redesign the "
    "newsletter",
)]  # fmt: skip
Problem = Annotated[str, Pick(
    "the printer on the third floor jams", "the app crashes when I upload a photo", "VPN drops every ten "
    "minutes",
    "customers get the same invoice twice", "search returns no results", "the badge reader rejects new cards",
    "the checkout page is blank in Safari", "my monitor flickers", "the export ends after 500 rows",
    "the coffee machine shows error 7", "password reset mails never arrive", "the map shows the wrong branch",
    "phone calls are cut off", "the calendar is one hour off", "the dashboard takes a minute to load",
)]  # fmt: skip
Project = Annotated[str, Pick(
    "Bluebird", "Harbour Bridge", "Website Relaunch", "Orion", "Green Office", "Data Lake", "Mobile App",
    "Warehouse Move", "Northern Lights", "Customer Portal", "Zero Paper", "Summer Campaign", "Atlas",
    "Solar Roof",
    "Payroll Migration", "Beehive",
)]  # fmt: skip
Tag = Annotated[str, Pick(
    "frontend", "legal", "marketing", "urgent", "waiting", "finance", "design", "hardware", "documentation",
    "customer", "security", "hiring", "research", "logistics", "quick win",
)]  # fmt: skip
Component = Annotated[str, Pick(
    "checkout", "network", "reporting", "login", "printing", "mobile app", "search", "telephony", "billing",
    "door access", "e-mail", "data warehouse",
)]  # fmt: skip
Comment = Annotated[str, Pick(
    "waiting for a spare part", "the fix is in the next release", "could not be reproduced", "the supplier "
    "was informed",
    "a restart was enough", "needs approval by the manager", "duplicate of an older one", "tested on two "
    "devices",
    "the customer is happy", "will look into it on Monday",
)]  # fmt: skip
Role = Annotated[str, Pick(
    "backend developer", "sales manager", "office assistant", "welder", "recruiter", "UX researcher",
    "accountant",
    "lab technician", "truck driver", "copywriter", "legal counsel", "network engineer", "shift supervisor",
    "data analyst", "chef", "product owner",
)]  # fmt: skip
TicketId = Annotated[str, Pick(*(f"TCK-{number}" for number in range(311, 1000, 43)))]
TaskId = Annotated[str, Pick(*(f"T-{number}" for number in range(17, 400, 23)))]
FullName = Annotated[str, Fake("name")]
FirstName = Annotated[str, Fake("first_name")]
Currency = Literal["USD", "EUR", "GBP", "CHF"]
LeaveType = Literal["annual", "sick", "parental", "unpaid", "study"]


class Entry(TypedDict):
    """A line of a time sheet."""

    project: Project
    hours: Annotated[float, Pick(0.5, 1, 1.5, 2, 2.5, 3, 4.5, 6, 7.5)]


class Hire(TypedDict):
    """A person who joins the company."""

    name: FullName
    role: Role


def _hash(*parts: object) -> int:
    return crc32("|".join(map(str, parts)).encode())


def _work_day(start: dt.date, days: int) -> dt.date:
    """The last of a number of working days that begin at `start`."""
    day = start
    while days > 0:
        days -= day.weekday() < 5
        day += dt.timedelta(days=1)
    return day - dt.timedelta(days=1) if day > start else start


@tool(
    asks=(
        "(Create|Add) a task for {assignee}: {title}[, due {due_date}][, {priority} priority].",
        "{assignee} (has|needs) to {title}[ by {due_date}]. Put that on the board[ with {priority} priority].",
        "task: {title}, {assignee}[, {priority}][, {estimate_hours} h]",
        "Can you note down that someone has to {title}?[ It's {assignee}'s job.][ Tag it {tags}.]",
        "We agreed that we {title}[, and {assignee} will do it]. Please track it[; it should take "
        "{estimate_hours} hours][; the deadline is {due_date}].",
        "Assign a new to-do[ to {assignee}], namely to {title}[, tagged {tags}].",
    ),
    answer="Task {task_id} has been created for {assignee}.",
)
def create_task(
    title: Todo,
    assignee: FirstName,
    due_date: Date | None = None,
    priority: Literal["low", "medium", "high", "urgent"] = "medium",
    estimate_hours: Annotated[float, Pick(1.5, 2, 3, 4.5, 6, 8, 12)] | None = None,
    tags: Annotated[list[Tag], Size(1, 3)] | None = None,
) -> dict[str, Any]:
    """Create a planned piece of work on the task board.

    Args:
        title: What is to be done.
        assignee: First name of the person who does it.
        due_date: Day by which it must be done, YYYY-MM-DD.
        priority: How important the task is.
        estimate_hours: Expected effort in hours.
        tags: Labels of the task.
    """
    due = str(dt.date.fromisoformat(due_date)) if due_date else ""
    return {
        "task_id": f"T-{_hash(title, assignee) % 900 + 100}",
        "due": due,
        "priority": priority,
        "estimate_hours": estimate_hours or 0.0,
        "tags": tags or [],
    }


@tool(
    asks=(
        "(Open|Raise|File) a {severity} ticket: {summary}.",
        "{summary}. (Please report|Report) that as a {severity} issue[ in {component}].",
        "ticket, {severity}: {summary}[, component {component}]",
        "Hi, I've got a problem: {summary}. Let support know[, I'd call it {severity}].",
        "Support needs to hear about this: {summary}.[ Severity {severity}.][ It happened to {reporter}.]",
        "I would like to lodge a defect report[ on behalf of {reporter}]. Description: {summary}.[ "
        "Severity: {severity}.]",
    ),
    answer="Ticket {ticket_id} is open; expect an answer within {response_hours} hours.",
)
def open_ticket(
    summary: Problem,
    severity: Literal["minor", "major", "critical"],
    component: Component | None = None,
    reporter: FullName | None = None,
) -> dict[str, Any]:
    """Report a defect or disturbance to the support team.

    Args:
        summary: What goes wrong.
        severity: How bad the effects are.
        component: Part of the system that is affected.
        reporter: Name of the person who noticed it.
    """
    if not summary.strip():
        raise ValueError("summary must not be empty")
    ticket = f"TCK-{_hash(summary, severity) % 9000 + 1000}"
    hours = {"minor": 48, "major": 8, "critical": 1}[severity]
    return {
        "ticket_id": ticket,
        "response_hours": hours,
        "queue": component or "general",
        "reporter": reporter or "",
    }


@tool(
    asks=(
        "(Set|Change) {ticket_id} to {status}[, comment: {comment}].",
        "{ticket_id} is {status} now[: {comment}].",
        "{ticket_id} -> {status}[ / {comment}]",
        "I just worked on {ticket_id}. Mark it as {status}[ and {notify_reporter:tell the reporter|don't "
        "tell the reporter}].",
        "Could the status of {ticket_id} be updated[ to {status}]?[ Add the remark: {comment}.]",
        "Please flag ticket {ticket_id}[ as {status}][, {notify_reporter:with a notice to whoever reported "
        "it|without sending any notice}].",
    ),
    answer="Ticket {ticket_id} is now {status}.",
)
def update_ticket_status(
    ticket_id: TicketId,
    status: Literal["open", "blocked", "on hold", "resolved", "closed"],
    comment: Comment | None = None,
    notify_reporter: bool = True,
) -> dict[str, Any]:
    """Change the status of a support ticket.

    Args:
        ticket_id: Number of the ticket, such as TCK-311.
        status: New status.
        comment: Remark shown in the history of the ticket.
        notify_reporter: Whether the person who reported the problem is informed.
    """
    old = ("new", "open", "triaged")[_hash(ticket_id) % 3]
    return {"ticket_id": ticket_id, "old_status": old, "history": comment or "", "notified": notify_reporter}


@tool(
    asks=(
        "(Give|Hand over|Assign) {ticket_id}[ to {agent}].",
        "{agent} (should|will) take care of {ticket_id}[; {handover_note}].",
        "{ticket_id} => {agent}[, {keep_watching:keep me posted|no updates for me}]",
        "I can't handle {ticket_id} any longer. Let {agent} do it[ and {keep_watching:keep me as a "
        "watcher|remove me as a watcher}].",
        "Who works on {ticket_id}? It ought to be {agent}, please put that right[ and leave the note: "
        "{handover_note}].",
        "Transfer responsibility for ticket {ticket_id}[ to our colleague {agent}].",
    ),
    answer="{agent} is now in charge of {ticket_id}.",
)
def reassign_ticket(
    ticket_id: TicketId, agent: FirstName, handover_note: Comment | None = None, keep_watching: bool = False
) -> dict[str, Any]:
    """Hand a support ticket over to another person.

    Args:
        ticket_id: Number of the ticket, such as TCK-311.
        agent: First name of the person who takes over.
        handover_note: Remark for that person.
        keep_watching: Whether the previous owner still gets updates.
    """
    load = 1 + _hash(agent) % 12
    return {
        "ticket_id": ticket_id,
        "open_tickets_of_agent": load,
        "note": handover_note or "",
        "watching": keep_watching,
    }


@tool(
    asks=(
        "(Record|Mark) {task_ids} as depending on {prerequisite}.",
        "{task_ids} can't start before {prerequisite} is done. Please record that[ with a lag of {lag_days} days].",
        "{prerequisite} before {task_ids}[, lag {lag_days} days]",
        "We must finish {prerequisite} first, only then come {task_ids}. Link them[ as a {strength} dependency].",
        "{task_ids} ought to come after another task[, {prerequisite}], so link them accordingly[ as a "
        "{strength} dependency].",
        "Could you set {prerequisite} as the predecessor of {task_ids}[ and leave {lag_days} days in between]?",
    ),
    answer="Dependencies on {prerequisite} added: {links}.",
)
def task_dependency_add(
    task_ids: Annotated[list[TaskId], Size(2, 3)],
    prerequisite: TaskId,
    lag_days: Annotated[int, Between(2, 10)] = 0,
    strength: Literal["hard", "soft"] = "hard",
) -> dict[str, Any]:
    """Record that some tasks can only begin after another one.

    Args:
        task_ids: Numbers of the tasks that have to wait, such as T-17.
        prerequisite: Number of the task to be finished first.
        lag_days: Days to wait after the prerequisite is finished.
        strength: Whether the order is binding or only preferred.
    """
    waiting = sorted(set(task_ids) - {prerequisite})
    return {"links": len(waiting), "waiting": waiting, "lag_days": lag_days, "strength": strength}


@tool(
    asks=(
        "(How far is|What's the progress of) a project with {done_tasks} of {total_tasks} tasks finished?",
        "{done_tasks}/{total_tasks} tasks done, percent?[ Weight started ones {in_progress} at half.]",
        "We have completed {done_tasks} tasks[ out of {total_tasks}]. Where do we stand[, given another "
        "{in_progress} are under way]?",
        "The project plan lists {total_tasks} tasks[ and we've ticked off {done_tasks}]. Express that as a "
        "percentage[, rounded to {decimals} decimals].",
        "For the status report: {done_tasks} tasks are through, {total_tasks} were planned[, {in_progress} "
        "are being worked on]. What share is that?",
    ),
    answer="The project is {percent} percent complete, {remaining} tasks remain.",
)
def project_progress(
    done_tasks: Annotated[int, Between(3, 45)],
    total_tasks: Annotated[int, Between(60, 180)],
    in_progress: Annotated[int, Between(2, 14)] = 0,
    decimals: Annotated[int, Pick(2, 3)] = 1,
) -> dict[str, Any]:
    """Calculate the share of a project that is complete; a task in progress counts half.

    Args:
        done_tasks: Number of finished tasks.
        total_tasks: Number of all tasks.
        in_progress: Number of tasks begun but not finished.
        decimals: Number of decimals of the percentage.
    """
    if not 0 <= done_tasks + in_progress <= total_tasks or total_tasks == 0:
        raise ValueError("there cannot be more tasks done than there are")
    return {
        "percent": round(100 * (done_tasks + in_progress / 2) / total_tasks, decimals),
        "remaining": total_tasks - done_tasks,
    }


@tool(
    asks=(
        "When will {project} be (finished|done) if it starts on {start_date} and needs {effort_days} "
        "person-days[ from {team_size} people]?",
        "{project} takes {effort_days} person-days and (begins|kicks off) on {start_date}. What's the "
        "delivery date[ with a team of {team_size}]?",
        "{project}, start {start_date}, {effort_days} days of effort[, {team_size} people][, buffer "
        "{buffer_percent} percent], end date?",
        "The client asks when {project} will be ready. We can start[ on {start_date}] and reckon with "
        "{effort_days} person-days[ plus a buffer of {buffer_percent} percent].",
        "Estimate the finishing date of {project}.[ Effort: {effort_days} person-days.] First day: "
        "{start_date}.[ Headcount: {team_size}.]",
    ),
    answer="{project} will be finished on {result}.",
)
def forecast_completion(
    project: Project,
    start_date: Date,
    effort_days: Annotated[int, Between(12, 160)],
    team_size: Annotated[int, Between(2, 9)] = 1,
    buffer_percent: Annotated[float, Pick(10, 15, 20, 25, 30)] = 0.0,
) -> str:
    """Forecast on which working day a project will be finished.

    Args:
        project: Name of the project.
        start_date: First day of work, YYYY-MM-DD.
        effort_days: Effort in person-days.
        team_size: Number of people who work on it full-time.
        buffer_percent: Safety margin on the effort, in percent.
    """
    if effort_days < 1 or team_size < 1:
        raise ValueError("effort_days and team_size must be at least 1")
    days = -(-effort_days * (1 + buffer_percent / 100) // team_size)
    return str(_work_day(dt.date.fromisoformat(start_date), int(days)))


@tool(
    asks=(
        "Our last sprints brought {points} points. (What's our velocity|How much do we do on average)?",
        "(Compute|Work out) the team velocity[ from {points}][, using the {method}].",
        "velocity {points}[, {method}][, last {last_n}]",
        "We finished {points} story points in the past iterations. What can we commit to next time[ if only "
        "the last {last_n} count]?",
        "From sprint results of {points} points, derive a planning figure[ by the {method}].",
    ),
    answer="The velocity is {result} points per sprint.",
)
def sprint_velocity(
    points: Annotated[list[Annotated[int, Between(14, 62)]], Size(3, 6)],
    method: Literal["mean", "median", "minimum"] = "mean",
    last_n: Annotated[int, Between(2, 3)] | None = None,
) -> float:
    """Calculate how many story points a team finishes per sprint.

    Args:
        points: Story points finished in each sprint, oldest first.
        method: How the sprints are combined into one figure.
        last_n: Number of latest sprints to use; all if left out.
    """
    used = points[-last_n:] if last_n else points
    if not used:
        raise ValueError("points must not be empty")
    value = min(used) if method == "minimum" else mean(used) if method == "mean" else median(used)
    return round(float(value), 1)


@tool(
    asks=(
        "(I'd like to request|Please enter) {leave_type} leave for {employee}, {days} days[ from {first_day}].",
        "{employee} wants {days} days of {leave_type} leave (starting|beginning) {first_day}[; {substitute} "
        "will stand in].",
        "leave: {employee}, {leave_type}, {first_day}, {days} days[, {half_day_end:last day half|last day full}]",
        "My name is {employee} and I need {days} days off[, starting on {first_day}]. It's {leave_type} "
        "leave[, and my deputy is {substitute}].",
        "Kindly submit an application for {leave_type} leave: {employee}, {first_day}[, {days} days][, "
        "{half_day_end:the final day only in the morning|including the whole final day}].",
        "Put in {leave_type} leave[ for {employee}]. It begins on {first_day} and covers {days} days.",
    ),
    answer="The request {request_id} is in; {employee} would be back on {back_on}.",
)
def request_leave(
    employee: FullName,
    leave_type: LeaveType,
    first_day: Date,
    days: Annotated[int, Between(2, 25)],
    substitute: FirstName | None = None,
    half_day_end: bool = False,
) -> dict[str, Any]:
    """Submit a request for leave.

    Args:
        employee: Full name of the employee.
        leave_type: Kind of leave.
        first_day: First day of leave, YYYY-MM-DD.
        days: Number of working days.
        substitute: First name of the colleague who stands in.
        half_day_end: Whether the employee returns at noon of the last day.
    """
    if days < 1:
        raise ValueError("days must be at least 1")
    last = _work_day(dt.date.fromisoformat(first_day), days)
    back = _work_day(last + dt.timedelta(days=1), 1)
    return {
        "request_id": f"LV-{_hash(employee, first_day) % 9000 + 1000}",
        "last_day": str(last),
        "back_on": str(last if half_day_end else back),
        "charged_days": days - 0.5 * half_day_end,
        "substitute": substitute or "",
    }


@tool(
    asks=(
        "How (much|many days of) {leave_type} leave does {employee} still have[ in {year}]?",
        "(Check|Look up) the remaining {leave_type} days of {employee}.",
        "{employee}, {leave_type} leave balance[ {year}]",
        "Before I approve anything: what is left of the {leave_type} leave of {employee}[, "
        "{include_carry_over:with the days carried over|without the days carried over}]?",
        "I'm {employee}. Can you tell me how many days I have left[ for {leave_type} leave][ in {year}]?",
        "State the current entitlement to {leave_type} leave[ for {employee}][, "
        "{include_carry_over:carry-over included|carry-over excluded}].",
    ),
    answer="{employee} has {remaining} days of {leave_type} leave left.",
)
def leave_balance(
    employee: FullName,
    leave_type: LeaveType,
    year: Annotated[int, Between(2022, 2028)] = 2026,
    include_carry_over: bool = True,
) -> dict[str, Any]:
    """Report how many days of leave an employee has left.

    Args:
        employee: Full name of the employee.
        leave_type: Kind of leave.
        year: Four-digit calendar year.
        include_carry_over: Whether days carried over from the year before are counted.
    """
    entitled = {"annual": 28, "sick": 30, "parental": 60, "unpaid": 20, "study": 5}[leave_type]
    taken = _hash(employee, leave_type, year) % (entitled + 1)
    carried = _hash(employee, year - 1) % 6 if include_carry_over and leave_type == "annual" else 0
    return {
        "entitled": entitled,
        "taken": taken,
        "carried_over": carried,
        "remaining": entitled - taken + carried,
    }


@tool(
    asks=(
        "(Log|Book|Enter) {hours} hours on {project} for {employee}[ on {date}].",
        "{employee} worked {hours} hours on {project}[ on {date}], (please |)record that.",
        "{date}: {employee}, {project}, {hours} h[, {billable:billable|not billable}]",
        "I forgot my time sheet for {date}. It was {hours} hours on {project}[, the name is {employee}][, "
        "{billable:charge it to the client|don't charge the client}].",
        "On {date}, {employee} spent[ {hours} hours] on {project}. Add it to the time sheet[ with the "
        "activity {activity}].",
        "Please put {hours} hours down for {employee}, {date}[, project {project}][, activity {activity}].",
    ),
    answer="{hours} hours on {project} have been booked for {employee}.",
)
def log_hours(
    employee: FirstName,
    project: Project,
    hours: Annotated[float, Pick(0.5, 1.5, 2, 2.5, 3, 3.5, 4, 5.5, 6, 7, 7.5, 8)],
    date: Date,
    billable: bool = True,
    activity: Literal["development", "meeting", "travel", "support", "training"] | None = None,
) -> dict[str, Any]:
    """Book working hours of one person on a project.

    Args:
        employee: First name of the employee.
        project: Name of the project.
        hours: Number of hours worked.
        date: Day of the work, YYYY-MM-DD.
        billable: Whether the hours are charged to the client.
        activity: Kind of work.
    """
    if not 0 < hours <= 24:
        raise ValueError("hours must be above 0 and at most 24")
    day = dt.date.fromisoformat(date)
    entry = f"TS-{_hash(employee, project, day) % 9000 + 1000}"
    return {"entry_id": entry, "week": day.isocalendar()[1], "billable": billable, "activity": activity or ""}


@tool(
    asks=(
        "(Add up|Total) my time sheet[: {entries}][, at {hourly_rate} an hour].",
        "My hours were {entries}. How many is that altogether[ and what does it come to at a rate of {hourly_rate}]?",
        "sum of {entries}[, rate {hourly_rate}][, {round_up:rounded up|not rounded}]",
        "Here's what I worked this week: {entries}. Give me the total hours[, {round_up:rounded up to full "
        "hours|exact, without rounding}].",
        "I need to invoice the time for {entries}.[ My rate is {hourly_rate} per hour.] What's the sum?",
    ),
    answer="The time sheet adds up to {total_hours} hours.",
)
def timesheet_total(
    entries: Annotated[list[Entry], Size(2, 4)],
    hourly_rate: Annotated[float, Between(28, 140, 0)] | None = None,
    round_up: bool = False,
) -> dict[str, Any]:
    """Add up the hours of a time sheet, per project and in all.

    Args:
        entries: Lines of the time sheet, each with a project and its hours.
        hourly_rate: Price of one hour; the amount is only calculated if it is given.
        round_up: Whether the total is rounded up to full hours.
    """
    per_project: dict[str, float] = {}
    for entry in entries:
        per_project[entry["project"]] = per_project.get(entry["project"], 0.0) + entry["hours"]
    total = sum(per_project.values())
    total = float(-(-total // 1)) if round_up else total
    return {"total_hours": total, "per_project": per_project, "amount": round(total * (hourly_rate or 0), 2)}


@tool(
    asks=(
        "What's the pay for {hours_worked} hours[ at {hourly_rate} an hour] including overtime[ at a factor "
        "of {multiplier}]?",
        "I worked {hours_worked} hours last week and (earn|get) {hourly_rate} per hour. How much do I get "
        "with overtime[ above {regular_hours} hours]?",
        "{hours_worked} h, rate {hourly_rate}[, overtime x {multiplier}][, after {regular_hours} h], weekly pay?",
        "Calculate the weekly wage[ for {hours_worked} hours] with overtime premium. The hourly rate is "
        "{hourly_rate}[ and overtime is paid {multiplier} times].",
        "An employee with an hourly wage of {hourly_rate} put in {hours_worked} hours this week. Please "
        "compute what is owed, extra hours included[, if the normal week has {regular_hours} hours].",
    ),
    answer="The pay is {total_pay}, of which {overtime_pay} for overtime.",
)
def calculate_overtime_pay(
    hours_worked: Annotated[float, Between(41, 62)],
    hourly_rate: Annotated[float, Between(14, 65, 2)],
    multiplier: Annotated[float, Pick(1.25, 1.3, 1.75, 2)] = 1.5,
    regular_hours: Annotated[float, Pick(35, 37.5, 38, 39)] = 40.0,
) -> dict[str, float]:
    """Calculate the pay of one week in which overtime is paid at a higher rate.

    Args:
        hours_worked: Hours worked in the week.
        hourly_rate: Regular pay per hour.
        multiplier: Factor by which overtime is paid better.
        regular_hours: Weekly hours above which overtime begins.
    """
    if min(hours_worked, hourly_rate, regular_hours) < 0:
        raise ValueError("hours and rates must not be negative")
    extra = max(0.0, hours_worked - regular_hours)
    overtime = round(extra * hourly_rate * multiplier, 2)
    return {"overtime_hours": round(extra, 2), "overtime_pay": overtime,
            "total_pay": round((hours_worked - extra) * hourly_rate + overtime, 2)}  # fmt: skip


@tool(
    asks=(
        "How much is left of a gross salary of {gross}[ {currency}] with {tax_percent} percent tax?",
        "I earn {gross} before tax and pay {tax_percent} percent. (What's my take-home pay|What lands in my "
        "account)[ after deductions of {deductions}]?",
        "gross {gross}[ {currency}], tax {tax_percent} percent[, pension {pension_percent} percent], net?",
        "Work out the net salary[ for a gross of {gross}]. Tax is {tax_percent} percent[ and the pension "
        "scheme takes {pension_percent} percent].",
        "The job offer says {gross}[ {currency}] a month. What would I really get[ at a tax rate of "
        "{tax_percent} percent]?",
        "Payroll run: gross pay {gross}, income tax {tax_percent} percent[, other deductions {deductions}]. "
        "Please determine the net amount.",
    ),
    answer="The net pay is {net} {currency_code}.",
)
def net_pay(
    gross: Annotated[float, Between(1800, 9500, 0)],
    tax_percent: Annotated[float, Between(12, 42)],
    pension_percent: Annotated[float, Between(3, 10)] = 0.0,
    deductions: Annotated[list[Annotated[float, Between(10, 80, 0)]], Size(2, 3)] | None = None,
    currency: Currency = "EUR",
) -> dict[str, Any]:
    """Calculate what remains of a gross salary; the pension is taken off before tax.

    Args:
        gross: Gross salary of the month.
        tax_percent: Income tax rate in percent.
        pension_percent: Contribution to the pension scheme in percent of the gross salary.
        deductions: Further amounts that are subtracted after tax.
        currency: Currency of all amounts.
    """
    if gross < 0 or not 0 <= tax_percent <= 100:
        raise ValueError("gross must not be negative and tax_percent must be from 0 to 100")
    taxable = gross * (1 - pension_percent / 100)
    tax = taxable * tax_percent / 100
    net = taxable - tax - sum(deductions or [])
    return {"net": round(net, 2), "tax": round(tax, 2), "currency_code": currency}


@tool(
    asks=(
        "Where does a salary of {salary} lie in a band from {band_min} to {band_max}?",
        "The (pay grade|salary band) goes from {band_min} to {band_max} and she earns {salary}. How far up "
        "is that[ after a raise of {raise_percent} percent]?",
        "salary {salary}, band {band_min} - {band_max}, position?",
        "I get {salary} a year. For my grade the minimum is {band_min}[ and the maximum {band_max}]. Am I "
        "high or low in that range[, once my {raise_percent} percent raise is through]?",
        "With limits of {band_min} and {band_max}, compute the compa-ratio[ of a salary of {salary}].",
        "Compare {salary} with the middle of the range[ from {band_min} to {band_max}].",
    ),
    answer="The salary lies at {position_percent} percent of the band; its compa-ratio is {compa_ratio}.",
)
def salary_band_position(
    salary: Annotated[float, Between(50000, 75000, 0)],
    band_min: Annotated[float, Between(32000, 48000, 0)],
    band_max: Annotated[float, Between(78000, 115000, 0)],
    raise_percent: Annotated[float, Between(2, 9)] = 0.0,
) -> dict[str, float]:
    """Tell where a salary lies between the lowest and the highest pay of its band.

    Args:
        salary: Yearly salary.
        band_min: Lowest yearly salary of the band.
        band_max: Highest yearly salary of the band.
        raise_percent: Raise to be added to the salary first, in percent.
    """
    if band_max <= band_min:
        raise ValueError("band_max must be above band_min")
    paid = salary * (1 + raise_percent / 100)
    return {
        "position_percent": round(100 * (paid - band_min) / (band_max - band_min), 1),
        "compa_ratio": round(2 * paid / (band_min + band_max), 2),
    }


@tool(
    asks=(
        "{person.name} joins {department} as {person.role} on {start_date}. (Set everything up|Prepare the "
        "first day)[ with {buddy} as buddy].",
        "(Onboard|Register) our new {person.role} {person.name}[, first day {start_date}], in "
        "{department}[, {remote:working from home|working on site}].",
        "new hire: {person.name}, {person.role}, {department}, {start_date}[, {remote:remote|on site}]",
        "Good news, {person.name} has signed and will be {person.role}[ in the {department} department] "
        "from {start_date}[, {remote:fully remote|at the office}]!",
        "Please start the onboarding of {person.name}, who begins on {start_date} as {person.role}[ with "
        "{department}].[ {buddy} will show them around.]",
    ),
    answer="Everything is ready for the new colleague in {department}; the staff number is {staff_number}.",
)
def onboard_employee(
    person: Hire,
    department: Literal["sales", "engineering", "finance", "logistics", "legal", "support"],
    start_date: Date,
    remote: bool = False,
    buddy: FirstName | None = None,
) -> dict[str, Any]:
    """Prepare accounts, equipment and first steps for a new employee.

    Args:
        person: Full name and role of the new employee.
        department: Department that the person joins.
        start_date: First day of work, YYYY-MM-DD.
        remote: Whether the person works from home.
        buddy: First name of the colleague who helps in the first weeks.
    """
    first = dt.date.fromisoformat(start_date)
    steps = ["create accounts", "ship the laptop" if remote else "prepare the desk", "sign the contract"]
    return {
        "staff_number": _hash(person["name"], department) % 90000 + 10000,
        "steps": steps + ([f"introduce {buddy}"] if buddy else []),
        "probation_ends": str(first + dt.timedelta(days=180)),
    }
