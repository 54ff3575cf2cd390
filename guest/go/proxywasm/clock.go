package proxywasm

import "time"

// SetTickPeriod has the plugin's OnTick called that often; with 0 no longer. It is rounded up to milliseconds.
func SetTickPeriod(period time.Duration) error {
	return errorOf(hostSetTickPeriodMilliseconds(milliseconds(period)))
}

// Now is the time that the host tells, which may stand still within a callback.
func Now() (time.Time, error) {
	status := hostGetCurrentTimeNanoseconds(&answer.number)
	return time.Unix(0, int64(answer.number)), errorOf(status)
}
