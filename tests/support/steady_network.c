/* The kernel does not tell of interfaces: Chromium ends what waits for a connection when one comes or goes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>

int socket(int domain, int type, int protocol)
{
    int (*real)(int, int, int) = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");

    if (domain == AF_NETLINK && protocol == NETLINK_ROUTE) {
        errno = EPERM;
        return -1;
    }
    return real(domain, type, protocol);
}
