// Shown when the page was built without the address of a deployment.
export function SetupHint() {
  return (
    <main className="hint">
      <h1>One step is missing</h1>
      <p>
        This page does not know its server. Run <code>cargo xtask demo</code> from the repository, or set{" "}
        <code>VITE_CONVEX_URL</code> in <code>.env.local</code>.
      </p>
    </main>
  );
}
