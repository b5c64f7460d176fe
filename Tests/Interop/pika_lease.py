"""A producer that knows the wire contract and nothing else: plain pika, direct reply-to.

Usage: pika_lease.py AMQP_URL MESSAGE_ID. Prints the completion event it got as its reply.
"""
import json
import sys

import pika

url, message_id = sys.argv[1:3]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.confirm_delivery()
replies = []


def on_reply(channel, method, properties, body):
    replies.append((properties.correlation_id, body))


channel.basic_consume("amq.rabbitmq.reply-to", on_reply, auto_ack=True)
channel.basic_publish(
    exchange="ruche.commands",
    routing_key="lease-ip",
    body=json.dumps({"holder": "pika", "ttlSeconds": 600}),
    properties=pika.BasicProperties(
        message_id=message_id,
        correlation_id="my-own-id",
        reply_to="amq.rabbitmq.reply-to",
        content_type="application/json",
        delivery_mode=2,
    ),
    mandatory=True,
)
while not replies:
    connection.process_data_events(time_limit=60)
correlation_id, body = replies[0]
assert correlation_id == "my-own-id", correlation_id
event = json.loads(body)
assert event["specversion"] == "1.0", event
assert event["correlationid"] == "my-own-id", event
assert event["subject"] == message_id, event
print(json.dumps(event))
connection.close()
