#include "server/http/router.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "server/http/target.h"

namespace sinter {

Responder::~Responder() {
  if (sink_ != nullptr)
    sink_->Send(ErrorResponse(500, "internal", "the request was dropped without an answer"));
}

void Responder::Send(HttpResponse response) {
  if (auto sink = std::move(sink_)) sink->Send(std::move(response));
}

void Responder::Send(Result<HttpResponse> response) {
  Send(response ? *std::move(response) : ErrorResponse(response.error()));
}

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::map<std::string, const Route*, std::less<>> ends;   // by method
  std::map<std::string, const Route*, std::less<>> rests;  // "{name...}" begins here
};

namespace {

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(8);
  path.remove_prefix(1);  // the leading '/'
  for (;;) {
    const size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

bool IsParameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}
bool IsRest(std::string_view segment) { return IsParameter(segment) && segment.ends_with("...}"); }
std::string_view NameOf(std::string_view segment) {
  segment = segment.substr(1, segment.size() - 2);
  return segment.ends_with("...") ? segment.substr(0, segment.size() - 3) : segment;
}

}  // namespace

Result<Router> Router::Create(std::vector<Route> routes) {
  Router router;
  auto kept = std::make_shared<const std::vector<Route>>(std::move(routes));
  auto root = std::make_shared<Node>();
  for (const Route& route : *kept) {
    if (!route.pattern.starts_with('/'))
      return InvalidArgument(fmt::format("route '{}' must begin with '/'", route.pattern));
    Node* node = root.get();
    bool rest = false;
    for (std::string_view segment : Segments(route.pattern)) {
      if (rest) return InvalidArgument(fmt::format("route '{}': the rest must come last", route.pattern));
      rest = IsRest(segment);
      if (rest) continue;
      std::unique_ptr<Node>& next =
          IsParameter(segment) ? node->parameter : node->literals[std::string(segment)];
      if (next == nullptr) next = std::make_unique<Node>();
      node = next.get();
    }
    auto& ends = rest ? node->rests : node->ends;
    const auto [found, fresh] = ends.emplace(route.method, &route);
    if (!fresh) {
      return InvalidArgument(fmt::format("routes '{}' and '{}' of {} match the same requests",
                                         found->second->pattern, route.pattern, route.method));
    }
  }
  router.routes_ = std::move(kept);
  router.root_ = std::move(root);
  return router;
}

Result<RouteMatch> Router::Find(std::string_view method, std::string_view path) const {
  RouteMatch match;
  if (!path.starts_with('/')) return match;
  const std::vector<std::string_view> segments = Segments(path);
  // Depth first, the most literal way first; paths are short and patterns few.
  const std::string_view looked_up = method == "HEAD" ? "GET" : method;
  std::vector<std::string> allowed;
  const Route* found = nullptr;
  auto take = [&](const std::map<std::string, const Route*, std::less<>>& ends) {
    if (const auto end = ends.find(looked_up); end != ends.end()) {
      found = end->second;
      return true;
    }
    for (const auto& [name, route] : ends) allowed.push_back(name);
    return false;
  };
  auto walk = [&](auto& self, const Node& node, size_t at) -> bool {
    if (at == segments.size()) return take(node.ends);
    if (const auto literal = node.literals.find(segments[at]); literal != node.literals.end()) {
      if (self(self, *literal->second, at + 1)) return true;
    }
    if (node.parameter != nullptr && !segments[at].empty() && self(self, *node.parameter, at + 1))
      return true;
    return !node.rests.empty() && take(node.rests);
  };
  if (!walk(walk, *root_, 0)) {
    std::ranges::sort(allowed);
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    for (const std::string& name : allowed) match.allow += (match.allow.empty() ? "" : ", ") + name;
    return match;
  }
  match.route = found;
  const std::vector<std::string_view> pattern = Segments(found->pattern);
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!IsParameter(pattern[i])) continue;
    std::string_view text = segments[i];
    if (IsRest(pattern[i])) text = path.substr(static_cast<size_t>(segments[i].data() - path.data()));
    TRY(std::string value, PercentDecode(text));
    match.parameters.emplace_back(NameOf(pattern[i]), std::move(value));
  }
  return match;
}

}  // namespace sinter
