package proxywasm

// Queue is a queue between filters.
type Queue uint32

// RegisterQueue makes the queue with that name, or finds it, among those of the own vm_id. OnQueueReady tells this
// plugin when something is in it.
func RegisterQueue(name string) (Queue, error) {
	status := hostRegisterSharedQueue(name, &answer.number2)
	return Queue(answer.number2), errorOf(status)
}

// ResolveQueue finds a queue that somebody with that vm_id has registered. NotFound where nobody has.
func ResolveQueue(vmID, name string) (Queue, error) {
	status := hostResolveSharedQueue(vmID, name, &answer.number2)
	return Queue(answer.number2), errorOf(status)
}

// Enqueue puts something at the end.
func (q Queue) Enqueue(data []byte) error {
	return errorOf(hostEnqueueSharedQueue(uint32(q), textOf(data)))
}

// Dequeue takes what is first. Empty where nothing is in it.
func (q Queue) Dequeue() ([]byte, error) {
	own()
	if status := hostDequeueSharedQueue(uint32(q), &answer.data, &answer.size); status != 0 {
		return nil, Status(status)
	}
	return answered(), nil
}
