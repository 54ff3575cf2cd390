package proxywasm

// LogLevel is how important a line is. It is an io.Writer of lines, for fmt.Fprintf and the like.
type LogLevel uint32

const (
	Trace LogLevel = iota
	Debug
	Info
	Warn
	Error
	Critical
)

// Log writes a line into the host's log.
func (l LogLevel) Log(message string) {
	hostLog(uint32(l), message)
}

// Write writes a line into the host's log, without the newline at its end.
func (l LogLevel) Write(line []byte) (int, error) {
	text := line
	if length := len(text); length > 0 && text[length-1] == '\n' {
		text = text[:length-1]
	}
	if status := hostLog(uint32(l), textOf(text)); status != 0 {
		return 0, Status(status)
	}
	return len(line), nil
}

// IsLogged is whether the host keeps lines of this level, so that it is worth making one.
func (l LogLevel) IsLogged() bool {
	// One who does not say keeps all.
	return hostGetLogLevel(&answer.number2) != 0 || l >= LogLevel(answer.number2)
}
