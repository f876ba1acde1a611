// What a load has counted: every latency on its own, so that quantiles are exact, and answers per server over time.
#pragma once
#include "net.h"

enum { MOST_TARGETS = 16, MOST_INTERVALS = 4096, STATUSES = 600 };

typedef struct {
    uint64_t answered, intervals[MOST_INTERVALS];
} TargetTally;

typedef struct {
    /// Latencies in nanoseconds, up to 4.2 seconds.
    uint32_t *latencies;
    size_t latency_count, latency_room;
    uint64_t answered, measured, other_status, broken, lost, refused, unsent;
    /// Answers by status; 0 has those without one that HTTP knows.
    uint64_t statuses[STATUSES];
    TargetTally targets[MOST_TARGETS];
} Tally;

static inline void add_latency(Tally *tally, int64_t latency) {
    if (tally->latency_count == tally->latency_room) {
        tally->latency_room = tally->latency_room ? tally->latency_room * 2 : 1 << 20;
        tally->latencies = realloc(tally->latencies, tally->latency_room * sizeof *tally->latencies);
        if (!tally->latencies) fail("realloc");
    }
    tally->latencies[tally->latency_count++] = latency < UINT32_MAX ? (uint32_t)latency : UINT32_MAX;
}

static inline int compare_latencies(const void *left, const void *right) {
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static inline double quantile_us(const Tally *tally, double quantile) {
    if (!tally->latency_count) return 0;
    size_t place = (size_t)(quantile * (double)tally->latency_count);
    if (place >= tally->latency_count) place = tally->latency_count - 1;
    return tally->latencies[place] / 1e3;
}

static inline void print_statuses(const Tally *tally) {
    const char *separator = "";
    printf(",\"statuses\":{");
    for (int status = 0; status < STATUSES; status++) {
        if (!tally->statuses[status]) continue;
        printf("%s\"%d\":%llu", separator, status, (unsigned long long)tally->statuses[status]);
        separator = ",";
    }
    printf("}");
}

static inline void print_tally(Tally *tally, double measured_seconds, int target_count, int interval_count) {
    double sum = 0;
    for (size_t index = 0; index < tally->latency_count; index++) sum += tally->latencies[index] / 1e3;
    qsort(tally->latencies, tally->latency_count, sizeof *tally->latencies, compare_latencies);
    printf(
        "{\"answered\":%llu,\"per_second\":%.1f,\"other_status\":%llu,\"broken\":%llu,\"lost\":%llu,\"refused\":%llu,"
        "\"unsent\":%llu",
        (unsigned long long)tally->answered, (double)tally->measured / measured_seconds,
        (unsigned long long)tally->other_status, (unsigned long long)tally->broken, (unsigned long long)tally->lost,
        (unsigned long long)tally->refused, (unsigned long long)tally->unsent);
    print_statuses(tally);
    printf(
        ",\"mean_us\":%.2f,\"p50_us\":%.2f,\"p99_us\":%.2f,\"p999_us\":%.2f,\"targets\":[",
        tally->latency_count ? sum / (double)tally->latency_count : 0, quantile_us(tally, 0.5),
        quantile_us(tally, 0.99), quantile_us(tally, 0.999));
    for (int target = 0; target < target_count; target++) {
        printf("%s{\"answered\":%llu,\"series\":[", target ? "," : "",
               (unsigned long long)tally->targets[target].answered);
        for (int interval = 0; interval < interval_count; interval++)
            printf("%s%llu", interval ? "," : "", (unsigned long long)tally->targets[target].intervals[interval]);
        printf("]}");
    }
    printf("]}\n");
    fflush(stdout);
}
