//go:build !wasip1

package proxywasm

const unimplemented = uint32(Unimplemented)

func hostLog(uint32, string) uint32                                       { return unimplemented }
func hostGetLogLevel(*uint32) uint32                                      { return unimplemented }
func hostGetCurrentTimeNanoseconds(*uint64) uint32                        { return unimplemented }
func hostSetTickPeriodMilliseconds(uint32) uint32                         { return unimplemented }
func hostDone() uint32                                                    { return unimplemented }
func hostSetEffectiveContext(uint32) uint32                               { return unimplemented }
func hostGetBufferBytes(uint32, uint32, uint32, *uint32, *uint32) uint32  { return unimplemented }
func hostSetBufferBytes(uint32, uint32, uint32, string) uint32            { return unimplemented }
func hostGetBufferStatus(uint32, *uint32, *uint32) uint32                 { return unimplemented }
func hostGetHeaderMapSize(uint32, *uint32) uint32                         { return unimplemented }
func hostGetHeaderMapPairs(uint32, *uint32, *uint32) uint32               { return unimplemented }
func hostSetHeaderMapPairs(uint32, string) uint32                         { return unimplemented }
func hostGetHeaderMapValue(uint32, string, *uint32, *uint32) uint32       { return unimplemented }
func hostAddHeaderMapValue(uint32, string, string) uint32                 { return unimplemented }
func hostReplaceHeaderMapValue(uint32, string, string) uint32             { return unimplemented }
func hostRemoveHeaderMapValue(uint32, string) uint32                      { return unimplemented }
func hostContinueStream(uint32) uint32                                    { return unimplemented }
func hostCloseStream(uint32) uint32                                       { return unimplemented }
func hostGetStatus(*uint32, *uint32, *uint32) uint32                      { return unimplemented }
func hostSendLocalResponse(uint32, string, string, string, int32) uint32  { return unimplemented }
func hostHTTPCall(string, string, string, string, uint32, *uint32) uint32 { return unimplemented }
func hostGRPCCall(string, string, string, string, string, uint32, *uint32) uint32 {
	return unimplemented
}
func hostGRPCStream(string, string, string, string, *uint32) uint32   { return unimplemented }
func hostGRPCSend(uint32, string, uint32) uint32                      { return unimplemented }
func hostGRPCCancel(uint32) uint32                                    { return unimplemented }
func hostGRPCClose(uint32) uint32                                     { return unimplemented }
func hostGetSharedData(string, *uint32, *uint32, *uint32) uint32      { return unimplemented }
func hostSetSharedData(string, string, uint32) uint32                 { return unimplemented }
func hostRegisterSharedQueue(string, *uint32) uint32                  { return unimplemented }
func hostResolveSharedQueue(string, string, *uint32) uint32           { return unimplemented }
func hostEnqueueSharedQueue(uint32, string) uint32                    { return unimplemented }
func hostDequeueSharedQueue(uint32, *uint32, *uint32) uint32          { return unimplemented }
func hostDefineMetric(uint32, string, *uint32) uint32                 { return unimplemented }
func hostRecordMetric(uint32, uint64) uint32                          { return unimplemented }
func hostIncrementMetric(uint32, int64) uint32                        { return unimplemented }
func hostGetMetric(uint32, *uint64) uint32                            { return unimplemented }
func hostGetProperty(string, *uint32, *uint32) uint32                 { return unimplemented }
func hostSetProperty(string, string) uint32                           { return unimplemented }
func hostCallForeignFunction(string, string, *uint32, *uint32) uint32 { return unimplemented }
