// Says whether the page hears from the server.
import { useConvexConnectionState } from "convex/react";

type Connection = "live" | "saving" | "connecting" | "reconnecting";

const LABELS: Record<Connection, string> = {
  live: "Live",
  saving: "Sending…",
  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
};

export function ConnectionPill() {
  const state = useConvexConnectionState();
  const connection = describe(state);
  return (
    <span className={`pill pill-${connection}`} role="status" data-testid="connection" data-state={connection}>
      <span className="pill-dot" aria-hidden="true" />
      {LABELS[connection]}
    </span>
  );
}

function describe(state: ReturnType<typeof useConvexConnectionState>): Connection {
  if (!state.isWebSocketConnected) return state.hasEverConnected ? "reconnecting" : "connecting";
  return state.inflightMutations > 0 ? "saving" : "live";
}
