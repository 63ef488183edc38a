/** Settings that etcd has and Quorate does not: refused by name, so that nobody believes that they took effect. */
import { QuorateError } from '@quorate/core'

const names: ReadonlySet<string> = new Set(
  `
  auth-token auth-token-ttl auto-compaction-mode auto-compaction-retention auto-tls bcrypt-cost
  bootstrap-defrag-threshold-megabytes cipher-suites client-cert-allowed-hostname client-cert-file client-crl-file
  client-key-file client-transport-security compact-hash-check-time compaction-batch-limit compaction-sleep-interval
  corrupt-check-time cors debug discovery discovery-cert discovery-dial-timeout discovery-endpoints discovery-fallback
  discovery-insecure-skip-tls-verify discovery-insecure-transport discovery-keepalive-time discovery-keepalive-timeout
  discovery-key discovery-password discovery-proxy discovery-request-timeout discovery-srv discovery-srv-name
  discovery-token discovery-user distributed-tracing-address distributed-tracing-instance-id
  distributed-tracing-sampling-rate distributed-tracing-service-name downgrade-check-time enable-distributed-tracing
  enable-grpc-gateway enable-log-rotation enable-pprof enable-v2 feature-gates force-new-cluster
  grpc-keepalive-interval grpc-keepalive-min-time grpc-keepalive-timeout host-whitelist listen-client-http-urls
  log-format log-outputs log-package-levels log-rotation-config-json max-concurrent-streams max-learners
  max-request-bytes max-txn-ops memory-mlock metrics peer-auto-tls peer-cert-allowed-cn peer-cert-allowed-hostname
  peer-client-cert-file peer-client-key-file peer-crl-file peer-skip-client-san-verification proxy proxy-dial-timeout
  proxy-failure-wait proxy-read-timeout proxy-refresh-interval proxy-write-timeout raft-read-timeout
  raft-write-timeout self-signed-cert-validity socket-reuse-address socket-reuse-port tls-max-version tls-min-version
  unsafe-no-fsync v2-deprecation wal-dir warning-apply-duration warning-unary-request-duration
  watch-progress-notify-interval
  `
    .trim()
    .split(/\s+/),
)

export function isEtcdOnly(name: string): boolean {
  return names.has(name) || name.startsWith('experimental-')
}

/** `QUORATE_NOT_IMPLEMENTED`, for settings that were given as `labels`: flags, variables or keys of a file. */
export function notImplemented(labels: readonly string[]): QuorateError {
  return new QuorateError(
    'QUORATE_NOT_IMPLEMENTED',
    `${labels.join(', ')}: etcd has ${labels.length === 1 ? 'this' : 'these'}, Quorate does not; leave ${labels.length === 1 ? 'it' : 'them'} out`,
    { settings: labels },
  )
}
