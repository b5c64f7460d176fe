amqp-publish --url "$AMQP_URL" -e ruche.commands -r lease-ip -p -C application/json \
    -H "ce-id: $(cat /proc/sys/kernel/random/uuid)" -b '{"holder": "shell", "ttlSeconds": 600}'
