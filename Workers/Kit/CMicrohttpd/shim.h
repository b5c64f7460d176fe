#pragma once
#include <microhttpd.h>

// MHD_start_daemon is variadic, which Swift cannot call. Every option that is used stands here.
static inline struct MHD_Daemon *ruche_http_start(
    int listener, MHD_AccessHandlerCallback access, MHD_RequestCompletedCallback completed,
    void *(*request_line)(void *, const char *, struct MHD_Connection *),
    size_t (*unescape)(void *, struct MHD_Connection *, char *), void *context,
    unsigned int connections, unsigned int idle_seconds, size_t head_bytes)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, access, context,
        MHD_OPTION_LISTEN_SOCKET, listener,
        MHD_OPTION_NOTIFY_COMPLETED, completed, context,
        MHD_OPTION_URI_LOG_CALLBACK, request_line, context,
        MHD_OPTION_UNESCAPE_CALLBACK, unescape, context,
        MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_CONNECTION_LIMIT, connections,
        MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, head_bytes,
        MHD_OPTION_END);
}
