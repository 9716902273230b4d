"""What pages about accounts ask."""

from django import template

from hackathon.mail import demo_outbox as outbox

register = template.Library()
register.simple_tag(outbox.is_open, name="outbox_is_open")
