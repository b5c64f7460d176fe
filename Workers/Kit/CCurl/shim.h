#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call. One wrapper for each type of value.
static inline CURLcode ruche_curl_set_number(CURL *handle, CURLoption option, long value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ruche_curl_set_text(CURL *handle, CURLoption option, const char *value)
{
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ruche_curl_set_pointer(CURL *handle, CURLoption option, const void *value)
{
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*ruche_curl_sink)(char *data, size_t size, size_t count, void *context);

static inline CURLcode ruche_curl_set_sinks(CURL *handle, ruche_curl_sink head, ruche_curl_sink body, void *context)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, head);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HEADERDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, body);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_WRITEDATA, context);
    return code;
}

typedef int (*ruche_curl_progress)(
    void *context, curl_off_t to_come, curl_off_t come, curl_off_t to_go, curl_off_t gone);

// Asked at least about once a second while a request is under way; anything but 0 ends it.
static inline CURLcode ruche_curl_set_progress(CURL *handle, ruche_curl_progress progress, void *context)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return code;
}

static inline CURLcode ruche_curl_set_body(CURL *handle, const void *bytes, curl_off_t count)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POST, 1L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, count);
    // Without a body the library would read one from stdin.
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_POSTFIELDS, bytes ? bytes : "");
    return code;
}

static inline CURLcode ruche_curl_set_basic(CURL *handle, const char *user, const char *password)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_USERNAME, user);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PASSWORD, password);
    return code;
}

static inline CURLcode ruche_curl_set_bearer(CURL *handle, const char *token)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, token);
    return code;
}

// In place of the system's authorities: the library has a file and, as Debian builds it, a directory of them, and asks
// both unless each is set.
static inline CURLcode ruche_curl_set_authority(CURL *handle, const char *file)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_CAINFO, file);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_CAPATH, (char *) 0);
    return code;
}

static inline CURLcode ruche_curl_get_number(CURL *handle, CURLINFO info, long *value)
{
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode ruche_curl_get_size(CURL *handle, CURLINFO info, curl_off_t *value)
{
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode ruche_curl_prepare(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

// What holds for every request, whatever it asks: HTTP only, no redirect followed, no proxy taken from the environment,
// no signals and no alarms, nothing read from the user's files.
static inline CURLcode ruche_curl_set_rules(CURL *handle)
{
    CURLcode code = curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    // A name server that is silent holds the thread that asks it, for which the end of a request must not wait.
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_PROXY, "");
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_HTTP09_ALLOWED, 0L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, 4L);
    return code;
}
