#pragma once
// Linux calls that the Glibc module does not export to Swift.
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
