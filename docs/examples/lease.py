import json, os, uuid
import pika

connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
channel = connection.channel()
channel.confirm_delivery()
replies = []
channel.basic_consume("amq.rabbitmq.reply-to", lambda *reply: replies.append(reply), auto_ack=True)
channel.basic_publish(
    "ruche.commands", "lease-ip", json.dumps({"holder": "python", "ttlSeconds": 600}),
    pika.BasicProperties(
        message_id=str(uuid.uuid4()), content_type="application/json", delivery_mode=2,
        reply_to="amq.rabbitmq.reply-to"),
    mandatory=True)
while not replies:
    connection.process_data_events(time_limit=30)
print(json.loads(replies[0][3])["data"])
