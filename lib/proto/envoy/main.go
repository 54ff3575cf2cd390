// Command envoy writes the descriptors of the Envoy 1.40 messages that Quadrant speaks, and of all that those refer
// to, as a FileDescriptorSet: what buf makes TypeScript of. The Go module go-control-plane/envoy has them, compiled in;
// Envoy publishes its .proto files nowhere else in a form that is checked.
package main

import (
	"fmt"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	_ "github.com/envoyproxy/go-control-plane/envoy/admin/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/rbac/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/config/trace/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/file/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/cors/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/fault/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/health_check/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/jwt_authn/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/local_ratelimit/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/rbac/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/wasm/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/listener/tls_inspector/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/rbac/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/wasm/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/rate_limit_descriptors/expr/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/wasm/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
)

// roots are the files whose closure is written; the packages that are imported above register more than that.
var roots = []string{
	"envoy/service/discovery/v3/ads.proto",
	"envoy/service/discovery/v3/discovery.proto",
	"envoy/config/bootstrap/v3/bootstrap.proto",
	"envoy/config/cluster/v3/cluster.proto",
	"envoy/config/endpoint/v3/endpoint.proto",
	"envoy/config/listener/v3/listener.proto",
	"envoy/config/route/v3/route.proto",
	"envoy/config/core/v3/extension.proto",
	"envoy/config/rbac/v3/rbac.proto",
	"envoy/config/trace/v3/opentelemetry.proto",
	"envoy/extensions/access_loggers/file/v3/file.proto",
	"envoy/extensions/access_loggers/stream/v3/stream.proto",
	"envoy/extensions/filters/http/cors/v3/cors.proto",
	"envoy/extensions/filters/http/fault/v3/fault.proto",
	"envoy/extensions/filters/http/header_mutation/v3/header_mutation.proto",
	"envoy/extensions/filters/http/health_check/v3/health_check.proto",
	"envoy/extensions/filters/http/jwt_authn/v3/config.proto",
	"envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto",
	"envoy/extensions/filters/http/rbac/v3/rbac.proto",
	"envoy/extensions/filters/http/router/v3/router.proto",
	"envoy/extensions/filters/http/wasm/v3/wasm.proto",
	"envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto",
	"envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
	"envoy/extensions/filters/network/rbac/v3/rbac.proto",
	"envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto",
	"envoy/extensions/filters/network/wasm/v3/wasm.proto",
	"envoy/extensions/rate_limit_descriptors/expr/v3/expr.proto",
	"envoy/extensions/transport_sockets/tls/v3/tls.proto",
	"envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
	"envoy/extensions/wasm/v3/wasm.proto",
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("say where to write to"))
	}
	set, err := closure(roots)
	if err != nil {
		fail(err)
	}
	encoded, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		fail(err)
	}
	if err := os.WriteFile(os.Args[1], encoded, 0o644); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "envoy:", err)
	os.Exit(1)
}

// closure has each file after those that it imports.
func closure(roots []string) (*descriptorpb.FileDescriptorSet, error) {
	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	var visit func(file protoreflect.FileDescriptor)
	visit = func(file protoreflect.FileDescriptor) {
		if seen[file.Path()] {
			return
		}
		seen[file.Path()] = true
		imports := file.Imports()
		for i := range imports.Len() {
			visit(imports.Get(i).FileDescriptor)
		}
		set.File = append(set.File, descriptor(file))
	}
	for _, root := range roots {
		file, err := protoregistry.GlobalFiles.FindFileByPath(root)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", root, err)
		}
		visit(file)
	}
	return set, nil
}

// descriptor leaves out what only other languages need of a file.
func descriptor(file protoreflect.FileDescriptor) *descriptorpb.FileDescriptorProto {
	said := protodesc.ToFileDescriptorProto(file)
	if options := said.Options; options != nil && !strings.HasPrefix(file.Path(), "google/") {
		options.GoPackage, options.JavaPackage, options.JavaOuterClassname = nil, nil, nil
		options.JavaMultipleFiles, options.PhpNamespace = nil, nil
	}
	return said
}
