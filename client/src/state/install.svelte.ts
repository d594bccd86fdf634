// Whether the browser offers to install the client as an app.
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

class Install {
  private offer = $state.raw<InstallPrompt | null>(null);

  start(): void {
    addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.offer = event as InstallPrompt;
    });
    addEventListener("appinstalled", () => {
      this.offer = null;
    });
  }

  get possible(): boolean {
    return this.offer !== null;
  }

  ask(): void {
    void this.offer?.prompt();
    this.offer = null;
  }
}

export const install = new Install();
