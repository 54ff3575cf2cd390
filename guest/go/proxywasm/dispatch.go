package proxywasm

// context is one that the host has created, and what the filter has made for it.
type context struct {
	// parent is 0 for a plugin.
	parent ContextID
	plugin PluginContext
	// http or tcp is made when the host first tells something, as it does not say which of them it is before.
	http HTTPContext
	tcp  TCPContext
	// isMade is that the plugin was asked for http or tcp.
	isMade bool
	// pendingCount is of calls that have not been answered.
	pendingCount int
}

var (
	contexts = make(map[uint32]*context)
	// The context of the last callback: the next one is of the same more often than not.
	currentID uint32
	current   *context
)

// contextOf is nil for one that the host has not created.
func contextOf(id uint32) *context {
	if id != currentID || current == nil {
		currentID, current = id, contexts[id]
	}
	return current
}

func onContextCreate(id, parent uint32) {
	made := &context{parent: ContextID(parent)}
	contexts[id] = made
	currentID, current = id, made
	if parent == 0 {
		made.plugin = newPlugin(ContextID(id))
	}
}

func onContextDelete(id uint32) {
	deleted := contextOf(id)
	if deleted == nil {
		return
	}
	if ends := deleted.ending(); ends != nil {
		ends.OnDelete()
	}
	if deleted.pendingCount > 0 {
		for token, call := range pendingCalls {
			if call.owner == ContextID(id) {
				delete(pendingCalls, token)
			}
		}
		for token, call := range pendingGRPCs {
			if call.owner == ContextID(id) {
				delete(pendingGRPCs, token)
			}
		}
	}
	delete(contexts, id)
	current = nil
}

// httpOf is nil where nobody follows the exchange.
func httpOf(id uint32) HTTPContext {
	found := contextOf(id)
	if found == nil {
		return nil
	}
	if !found.isMade {
		found.isMade = true
		if parent := contexts[uint32(found.parent)]; parent != nil && parent.plugin != nil {
			found.http = parent.plugin.NewHTTP(ContextID(id))
		}
	}
	return found.http
}

// tcpOf is nil where nobody follows the connection.
func tcpOf(id uint32) TCPContext {
	found := contextOf(id)
	if found == nil {
		return nil
	}
	if !found.isMade {
		found.isMade = true
		if parent := contexts[uint32(found.parent)]; parent != nil && parent.plugin != nil {
			found.tcp = parent.plugin.NewTCP(ContextID(id))
		}
	}
	return found.tcp
}

// pluginOf is nil where nobody is registered for it.
func pluginOf(id uint32) PluginContext {
	if found := contextOf(id); found != nil {
		return found.plugin
	}
	return nil
}

func endingOf(id uint32) ending {
	if found := contextOf(id); found != nil {
		return found.ending()
	}
	return nil
}

func (c *context) ending() ending {
	switch {
	case c.http != nil:
		return c.http
	case c.tcp != nil:
		return c.tcp
	case c.plugin != nil:
		return c.plugin
	}
	return nil
}

// begun counts a call of the context whose callback is running, and says which it is.
func begun() ContextID {
	if current != nil {
		current.pendingCount++
	}
	return ContextID(currentID)
}

func answeredOne(owner ContextID) {
	if found := contexts[uint32(owner)]; found != nil {
		found.pendingCount--
	}
}

// enter has a callback that the host has called with one context be one of the owner of what came.
func enter(id uint32, owner ContextID) {
	contextOf(uint32(owner))
	if id != uint32(owner) {
		_ = SetEffectiveContext(owner)
	}
}

// start reads a configuration and has it taken; an error is logged.
func start(configuration Buffer, size uint32, take func([]byte) error) uint32 {
	var bytes []byte
	if size > 0 {
		var err error
		if bytes, err = configuration.Bytes(); err != nil {
			Error.Log("no configuration: " + err.Error())
			return 0
		}
	}
	if err := take(bytes); err != nil {
		Error.Log(err.Error())
		return 0
	}
	return 1
}
