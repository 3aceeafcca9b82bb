import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App, fetchPage } from './app';
import { startLanguage } from './i18n';
import './styles.css';

const root = document.getElementById('root');
if (root) {
  fetchPage(location.pathname);
  startLanguage().then(
    () =>
      createRoot(root).render(
        <StrictMode>
          <App />
        </StrictMode>,
      ),
    () => {
      // Not even words have arrived: an old tab after an update, or no network at all.
      root.textContent = '页面加载失败，请刷新。 The page could not be loaded, please reload.';
    },
  );
}
