package proxywasm

const (
	counterKind = iota
	gaugeKind
	histogramKind
)

// Counter only grows.
type Counter uint32

// DefineCounter makes the counter with that name, or finds it.
func DefineCounter(name string) (Counter, error) {
	token, err := defineMetric(counterKind, name)
	return Counter(token), err
}

// Add adds to it.
func (c Counter) Add(count uint64) error {
	if count == 0 {
		// Hosts refuse it.
		return nil
	}
	return errorOf(hostIncrementMetric(uint32(c), int64(count)))
}

// Value is what it has grown to, of all threads of the host.
func (c Counter) Value() (uint64, error) {
	return metricValue(uint32(c))
}

// Gauge is how much there is of something.
type Gauge uint32

// DefineGauge makes the gauge with that name, or finds it.
func DefineGauge(name string) (Gauge, error) {
	token, err := defineMetric(gaugeKind, name)
	return Gauge(token), err
}

// Set says how much there is.
func (g Gauge) Set(value uint64) error {
	return errorOf(hostRecordMetric(uint32(g), value))
}

// Add says how much there is more, or less.
func (g Gauge) Add(offset int64) error {
	return errorOf(hostIncrementMetric(uint32(g), offset))
}

// Value is how much there is.
func (g Gauge) Value() (uint64, error) {
	return metricValue(uint32(g))
}

// Histogram counts values by how large they are.
type Histogram uint32

// DefineHistogram makes the histogram with that name, or finds it.
func DefineHistogram(name string) (Histogram, error) {
	token, err := defineMetric(histogramKind, name)
	return Histogram(token), err
}

// Record counts a value.
func (h Histogram) Record(value uint64) error {
	return errorOf(hostRecordMetric(uint32(h), value))
}

func defineMetric(kind uint32, name string) (uint32, error) {
	status := hostDefineMetric(kind, name, &answer.number2)
	return answer.number2, errorOf(status)
}

func metricValue(token uint32) (uint64, error) {
	status := hostGetMetric(token, &answer.number)
	return answer.number, errorOf(status)
}
