package proxywasm

// NewPlugin makes a plugin when the host has one with that root_id.
type NewPlugin func(id ContextID) PluginContext

var (
	vm             VMContext
	plugins        = make(map[string]NewPlugin)
	fallbackPlugin NewPlugin
)

// Register has plugins with that root_id made by newPlugin. It belongs into init, and panics where another has the
// root_id.
func Register(rootID string, newPlugin NewPlugin) {
	if plugins[rootID] != nil {
		panic("proxywasm: two plugins have the root_id " + rootID)
	}
	plugins[rootID] = newPlugin
}

// RegisterDefault has plugins made by newPlugin whose root_id nobody else has.
func RegisterDefault(newPlugin NewPlugin) {
	fallbackPlugin = newPlugin
}

// RegisterVM has the configuration of the VM told to context.
func RegisterVM(context VMContext) {
	vm = context
}

// newPlugin is nil where nobody is registered for what the host has.
func newPlugin(id ContextID) PluginContext {
	rootID, _ := PropertyString("plugin_root_id")
	newPlugin := plugins[rootID]
	if newPlugin == nil {
		newPlugin = fallbackPlugin
	}
	if newPlugin == nil {
		Critical.Log("no plugin has the root_id \"" + rootID + "\"")
		return nil
	}
	return newPlugin(id)
}
