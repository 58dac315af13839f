import { createRoot } from 'react-dom/client';
import './console.css';

createRoot(document.getElementById('console')!).render(<p>Marketday</p>);
