"""The official CloudEvents SDK feeds the cluster, in binary and in structured mode, and reads its events.

Usage: cloudevents_lease.py AMQP_URL PREFIX. The commands are PREFIX-binary and PREFIX-structured.
"""
import sys

import pika
from cloudevents.core.bindings.rabbitmq import (
    RabbitMQMessage,
    from_rabbitmq_event,
    to_binary_event,
    to_structured_event,
)
from cloudevents.core.v1.event import CloudEvent

url, prefix = sys.argv[1:3]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.confirm_delivery()
queue = channel.queue_declare("", exclusive=True).method.queue
channel.queue_bind(queue, "ruche.events", "lease-ip.*")


def command(identifier):
    return CloudEvent(
        attributes={
            "id": identifier,
            "type": "lease-ip",
            "source": "/interop",
            "specversion": "1.0",
            "datacontenttype": "application/json",
        },
        data={"holder": "cloudevents", "ttlSeconds": 600},
    )


def publish(message):
    channel.basic_publish(
        "ruche.commands",
        "lease-ip",
        message.body,
        pika.BasicProperties(headers=message.headers, content_type=message.content_type, delivery_mode=2),
        mandatory=True,
    )


publish(to_binary_event(command(f"{prefix}-binary")))
publish(to_structured_event(command(f"{prefix}-structured")))
wanted = {f"{prefix}-binary", f"{prefix}-structured"}
for method, properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=60):
    assert method is not None, f"no event for {wanted}"
    message = RabbitMQMessage(
        headers=properties.headers or {}, content_type=properties.content_type, body=body
    )
    event = from_rabbitmq_event(message)
    assert event.get_type() == "ruche.lease-ip.succeeded.v1", (event.get_type(), event.get_data())
    assert event.get_source() == "/ruche/lease-ip", event.get_source()
    data = event.get_data()
    assert data["holder"] == "cloudevents", data
    assert data["ip"] and data["fence"] >= 1, data
    wanted.discard(event.get_subject())
    if not wanted:
        break
print("ok")
connection.close()
