#pragma once
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/time.h>
#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#else
#include <amqp.h>
#endif
#if __has_include(<rabbitmq-c/tcp_socket.h>)
#include <rabbitmq-c/tcp_socket.h>
#else
#include <amqp_tcp_socket.h>
#endif
#if __has_include(<rabbitmq-c/ssl_socket.h>)
#include <rabbitmq-c/ssl_socket.h>
#else
#include <amqp_ssl_socket.h>
#endif
#if __has_include(<rabbitmq-c/framing.h>)
#include <rabbitmq-c/framing.h>
#else
#include <amqp_framing.h>
#endif

// Swift cannot call a C function with variable arguments.
static inline amqp_rpc_reply_t ruche_amqp_login(
    amqp_connection_state_t state, const char *vhost, int channel_max, int frame_max, int heartbeat,
    const amqp_table_t *properties, const char *username, const char *password)
{
    return amqp_login_with_properties(
        state, vhost, channel_max, frame_max, heartbeat, properties, AMQP_SASL_METHOD_PLAIN, username, password);
}

// Why TLS failed in this thread, for people: librabbitmq says only that it did. NULL when TLS found nothing wrong, and
// the peer merely hung up.
static inline const char *ruche_tls_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    if (code == 0 || ERR_SYSTEM_ERROR(code)) return NULL;
#ifdef SSL_R_UNEXPECTED_EOF_WHILE_READING
    if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return NULL;
#endif
    return ERR_reason_error_string(code);
}

// Not in Swift's Glibc module.
static inline int ruche_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

// Names the calling thread; the kernel keeps 15 bytes. A variable-argument call, too.
static inline void ruche_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
